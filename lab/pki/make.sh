#!/bin/sh
# Makes the certificates of the lab, once; they are committed so that every run has the same. The keys are public test keys.
# Needs Debian's strongswan-pki. Usage: sh lab/pki/make.sh
set -e
cd "$(dirname "$0")"
years=9000

root() { # NAME TYPE SIZE
    pki --gen --type "$2" ${3:+--size "$3"} --outform pem > "$1.key"
    pki --self --ca --lifetime $years --in "$1.key" --dn "C=XX, O=Lab, CN=Lab Root $1" --outform pem > "$1.crt"
}
leaf() { # NAME TYPE SIZE ISSUER COMMON-NAME EXTRA...
    name=$1 type=$2 size=$3 issuer=$4 subject=$5
    shift 5
    pki --gen --type "$type" ${size:+--size "$size"} --outform pem > "$name.key"
    pki --pub --in "$name.key" | pki --issue --lifetime $years --cacert "$issuer.crt" --cakey "$issuer.key" \
        --dn "C=XX, O=Lab, CN=$subject" --outform pem "$@" > "$name.crt"
}
pair() { # NAME TYPE SIZE ISSUER
    for peer in initiator responder; do
        leaf "$1-$peer" "$2" "$3" "$4" $peer.lab --san $peer.lab --flag serverAuth
    done
}

root rsa-root rsa 2048
pair rsa rsa 2048 rsa-root
root rsa4096-root rsa 4096
pki --gen --type rsa --size 4096 --outform pem > rsa4096-middle.key
pki --pub --in rsa4096-middle.key | pki --issue --ca --pathlen 0 --lifetime $years --cacert rsa4096-root.crt \
    --cakey rsa4096-root.key --dn "C=XX, O=Lab, CN=Lab Intermediate" --outform pem > rsa4096-middle.crt
pair rsa4096 rsa 4096 rsa4096-middle
for size in 256 384 521; do
    root ecdsa$size-root ecdsa $size
    pair ecdsa$size ecdsa $size ecdsa$size-root
done
for type in ed25519 ed448; do
    root $type-root $type
    pair $type $type "" $type-root
done
leaf expired-responder rsa 2048 rsa-root responder.lab --san responder.lab --not-before "01.01.20 00:00:00" --not-after "01.01.21 00:00:00"
leaf expired-initiator rsa 2048 rsa-root initiator.lab --san initiator.lab --not-before "01.01.20 00:00:00" --not-after "01.01.21 00:00:00"
leaf othername-responder rsa 2048 rsa-root gateway.lab --san gateway.lab
leaf othername-initiator rsa 2048 rsa-root stranger.lab --san stranger.lab
