# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_ikescope_global_optspecs
    string join \n h/help V/version
end

function __fish_ikescope_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_ikescope_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_ikescope_using_subcommand
    set -l cmd (__fish_ikescope_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c ikescope -n "__fish_ikescope_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ikescope -n "__fish_ikescope_needs_command" -s V -l version -d 'Print version'
complete -c ikescope -n "__fish_ikescope_needs_command" -f -a "inspect" -d 'Say what is in these packets: one line a packet, the decoded tree, JSON or CSV'
complete -c ikescope -n "__fish_ikescope_needs_command" -f -a "decrypt" -d 'Write the clear text to a capture, and say what was opened'
complete -c ikescope -n "__fish_ikescope_needs_command" -f -a "diagnose" -d 'Say which tunnels are there, what happened to each, why, and what to check'
complete -c ikescope -n "__fish_ikescope_needs_command" -f -a "probe" -d 'Ask a peer what it accepts'
complete -c ikescope -n "__fish_ikescope_needs_command" -f -a "secrets" -d 'Show which keys are in files, and convert them'
complete -c ikescope -n "__fish_ikescope_needs_command" -f -a "audit" -d 'Judge how strong a peer, a capture or a suite is'
complete -c ikescope -n "__fish_ikescope_needs_command" -f -a "explain" -d 'Explain a diagnosis, a finding or an algorithm'
complete -c ikescope -n "__fish_ikescope_needs_command" -f -a "interfaces" -d 'List the interfaces that can be captured on'
complete -c ikescope -n "__fish_ikescope_using_subcommand inspect" -s i -l interface -d 'Capture on this interface until Ctrl-C (`ikescope interfaces` lists them)' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand inspect" -l count -d 'Stop after this many captured packets' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand inspect" -l duration -d 'Stop after this many seconds' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand inspect" -l port -d 'Also read IKE and ESP on this UDP port (repeatable)' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand inspect" -l host -d 'Only packets from or to this address or network (repeatable)' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand inspect" -l spi -d 'Only packets with this SPI (repeatable)' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand inspect" -l frames -d 'Only these frames of each file, for instance 3-9,12' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand inspect" -l filter -d 'Only frames that match this filter of libpcap (see pcap-filter(7))' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand inspect" -l secrets -d 'Key material; the format is told by its content (repeatable)' -r -F
complete -c ikescope -n "__fish_ikescope_using_subcommand inspect" -l psk-file -d 'Pre-shared keys, one a line: `[ID or ADDRESS...] : "secret"` or the bare secret (repeatable)' -r -F
complete -c ikescope -n "__fish_ikescope_using_subcommand inspect" -l psk-env -d 'An environment variable that holds a pre-shared key, written as in --psk-file (repeatable)' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand inspect" -l format -d 'Format of the result' -r -f -a "text\t'For people'
json\t'One document'
ndjson\t'One object a line, written as it is known'
csv\t'A table for spreadsheets'"
complete -c ikescope -n "__fish_ikescope_using_subcommand inspect" -l time -d 'The time column of text output' -r -f -a "utc\t'Coordinated universal time'
local\t'The time zone of this machine'
relative\t'Seconds since the first packet'
delta\t'Seconds since the packet before'"
complete -c ikescope -n "__fish_ikescope_using_subcommand inspect" -l color -d 'Colours in text output' -r -f -a "auto\t'As the environment and the terminal say'
always\t'Also to files and pipes'
never\t'Not even to a terminal'"
complete -c ikescope -n "__fish_ikescope_using_subcommand inspect" -s o -l output -d 'Write the result to this file instead of standard output' -r -F
complete -c ikescope -n "__fish_ikescope_using_subcommand inspect" -l all -d 'Also packets that are not of IPsec'
complete -c ikescope -n "__fish_ikescope_using_subcommand inspect" -l unverified -d 'Also show clear text that no integrity check proves, marked as unchecked'
complete -c ikescope -n "__fish_ikescope_using_subcommand inspect" -s v -l verbose -d 'Show the decoded tree of each packet'
complete -c ikescope -n "__fish_ikescope_using_subcommand inspect" -s x -l hex -d 'Show the octets of each packet'
complete -c ikescope -n "__fish_ikescope_using_subcommand inspect" -s q -l quiet -d 'Neither progress nor a summary on standard error'
complete -c ikescope -n "__fish_ikescope_using_subcommand inspect" -l no-progress -d 'No progress on standard error'
complete -c ikescope -n "__fish_ikescope_using_subcommand inspect" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ikescope -n "__fish_ikescope_using_subcommand decrypt" -s i -l interface -d 'Capture on this interface until Ctrl-C (`ikescope interfaces` lists them)' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand decrypt" -l count -d 'Stop after this many captured packets' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand decrypt" -l duration -d 'Stop after this many seconds' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand decrypt" -l secrets -d 'Key material; the format is told by its content (repeatable)' -r -F
complete -c ikescope -n "__fish_ikescope_using_subcommand decrypt" -l psk-file -d 'Pre-shared keys, one a line: `[ID or ADDRESS...] : "secret"` or the bare secret (repeatable)' -r -F
complete -c ikescope -n "__fish_ikescope_using_subcommand decrypt" -l psk-env -d 'An environment variable that holds a pre-shared key, written as in --psk-file (repeatable)' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand decrypt" -s w -l write -d 'Write the packets to this file, as pcapng' -r -F
complete -c ikescope -n "__fish_ikescope_using_subcommand decrypt" -l port -d 'Also read IKE and ESP on this UDP port (repeatable)' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand decrypt" -l host -d 'Only packets from or to this address or network (repeatable)' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand decrypt" -l spi -d 'Only packets with this SPI (repeatable)' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand decrypt" -l frames -d 'Only these frames of each file, for instance 3-9,12' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand decrypt" -l filter -d 'Only frames that match this filter of libpcap (see pcap-filter(7))' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand decrypt" -l format -d 'Format of the summary' -r -f -a "text\t'For people'
json\t'One document'"
complete -c ikescope -n "__fish_ikescope_using_subcommand decrypt" -l color -d 'Colours in text output' -r -f -a "auto\t'As the environment and the terminal say'
always\t'Also to files and pipes'
never\t'Not even to a terminal'"
complete -c ikescope -n "__fish_ikescope_using_subcommand decrypt" -s o -l output -d 'Write the result to this file instead of standard output' -r -F
complete -c ikescope -n "__fish_ikescope_using_subcommand decrypt" -l unverified -d 'Also write clear text that no integrity check proves, marked as unchecked'
complete -c ikescope -n "__fish_ikescope_using_subcommand decrypt" -l all -d 'Also write every other packet, as it was'
complete -c ikescope -n "__fish_ikescope_using_subcommand decrypt" -l force -d 'Replace OUT if it is there'
complete -c ikescope -n "__fish_ikescope_using_subcommand decrypt" -s q -l quiet -d 'Neither progress nor a summary on standard error'
complete -c ikescope -n "__fish_ikescope_using_subcommand decrypt" -l no-progress -d 'No progress on standard error'
complete -c ikescope -n "__fish_ikescope_using_subcommand decrypt" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ikescope -n "__fish_ikescope_using_subcommand diagnose" -s i -l interface -d 'Capture on this interface until Ctrl-C (`ikescope interfaces` lists them)' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand diagnose" -l count -d 'Stop after this many captured packets' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand diagnose" -l duration -d 'Stop after this many seconds' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand diagnose" -l secrets -d 'Key material; the format is told by its content (repeatable)' -r -F
complete -c ikescope -n "__fish_ikescope_using_subcommand diagnose" -l psk-file -d 'Pre-shared keys, one a line: `[ID or ADDRESS...] : "secret"` or the bare secret (repeatable)' -r -F
complete -c ikescope -n "__fish_ikescope_using_subcommand diagnose" -l psk-env -d 'An environment variable that holds a pre-shared key, written as in --psk-file (repeatable)' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand diagnose" -l port -d 'Also read IKE and ESP on this UDP port (repeatable)' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand diagnose" -l host -d 'Only packets from or to this address or network (repeatable)' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand diagnose" -l spi -d 'Only packets with this SPI (repeatable)' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand diagnose" -l frames -d 'Only these frames of each file, for instance 3-9,12' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand diagnose" -l filter -d 'Only frames that match this filter of libpcap (see pcap-filter(7))' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand diagnose" -l fail-on -d 'Exit with code 3 from this severity on' -r -f -a "failure\t'Packets do not pass'
warning\t'It works, but not well or not for long'
never\t'Always 0 if the capture could be read'"
complete -c ikescope -n "__fish_ikescope_using_subcommand diagnose" -l format -d 'Format of the result' -r -f -a "text\t'For people'
json\t'One document'
ndjson\t'One tunnel a line as it ends, then a line about the capture'"
complete -c ikescope -n "__fish_ikescope_using_subcommand diagnose" -l time -d 'The time column of text output' -r -f -a "utc\t'Coordinated universal time'
local\t'The time zone of this machine'
relative\t'Seconds since the first packet'
delta\t'Seconds since the packet before'"
complete -c ikescope -n "__fish_ikescope_using_subcommand diagnose" -l color -d 'Colours in text output' -r -f -a "auto\t'As the environment and the terminal say'
always\t'Also to files and pipes'
never\t'Not even to a terminal'"
complete -c ikescope -n "__fish_ikescope_using_subcommand diagnose" -s o -l output -d 'Write the result to this file instead of standard output' -r -F
complete -c ikescope -n "__fish_ikescope_using_subcommand diagnose" -l find-nat-address -d 'Search the private address of a peer behind NAT in its detection hash'
complete -c ikescope -n "__fish_ikescope_using_subcommand diagnose" -s v -l verbose -d 'Every tunnel with all its messages, and everything about each diagnosis'
complete -c ikescope -n "__fish_ikescope_using_subcommand diagnose" -s q -l quiet -d 'Neither progress nor a summary on standard error'
complete -c ikescope -n "__fish_ikescope_using_subcommand diagnose" -l no-progress -d 'No progress on standard error'
complete -c ikescope -n "__fish_ikescope_using_subcommand diagnose" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ikescope -n "__fish_ikescope_using_subcommand probe" -l ike -d 'Ask this version only' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand probe" -l proposal -l transforms -d 'Ask this proposal and nothing else: `aes256-sha256-modp2048`, or transforms in any spelling' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand probe" -l profile -d 'Profile that findings are judged by, or a TOML file of one\'s own' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand probe" -l fail-on -d 'Exit with 3 at findings from this severity' -r -f -a "critical\t'Only the worst'
high\t'What should change soon'
medium\t'What should change'
low\t'What should change some day'
never\t'Not even at the verdict `fail`'"
complete -c ikescope -n "__fish_ikescope_using_subcommand probe" -l id -d 'Identity to send in IKEv1 aggressive mode' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand probe" -l port -d 'Port of the peer, 500 if not given' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand probe" -l source -d 'Address to ask from' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand probe" -l source-port -d 'Port to ask from; one that the system chooses if not given' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand probe" -l rate -d 'Packets a second, to all targets together' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand probe" -l target-rate -d 'Packets a second to one target; fewer when packets are lost' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand probe" -l max-size -d 'Octets of an IKE message at most' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand probe" -l shard -d 'Ask the K-th of N parts of the list' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand probe" -l resume -d 'Keep in this file which targets were asked, and go on where it says' -r -F
complete -c ikescope -n "__fish_ikescope_using_subcommand probe" -s w -l write -d 'Write every packet sent and received to this file, as pcapng' -r -F
complete -c ikescope -n "__fish_ikescope_using_subcommand probe" -l format -d 'Format of the result' -r -f -a "text\t'For people'
json\t'One document'
ndjson\t'One object a line, written when a target is finished'"
complete -c ikescope -n "__fish_ikescope_using_subcommand probe" -l color -d 'Colours in text output' -r -f -a "auto\t'As the environment and the terminal say'
always\t'Also to files and pipes'
never\t'Not even to a terminal'"
complete -c ikescope -n "__fish_ikescope_using_subcommand probe" -s o -l output -d 'Write the result to this file instead of standard output' -r -F
complete -c ikescope -n "__fish_ikescope_using_subcommand probe" -l quick -d 'At most ten packets to a target: versions, what is chosen, whether something weak is accepted'
complete -c ikescope -n "__fish_ikescope_using_subcommand probe" -l full -d 'Also IKEv1 complete, and longer orders of preference'
complete -c ikescope -n "__fish_ikescope_using_subcommand probe" -l fingerprint -d 'Also listen how answers of IKEv1 are repeated that are not continued: half a minute for each mode'
complete -c ikescope -n "__fish_ikescope_using_subcommand probe" -l nat-t -d 'Ask port 4500, with the non-ESP marker'
complete -c ikescope -n "__fish_ikescope_using_subcommand probe" -l yes -d 'Ask more than 256 addresses'
complete -c ikescope -n "__fish_ikescope_using_subcommand probe" -l tcp -d 'Over TCP (RFC 9329), port 4500 unless --port says otherwise'
complete -c ikescope -n "__fish_ikescope_using_subcommand probe" -l force -d 'Write over a file of --write that exists'
complete -c ikescope -n "__fish_ikescope_using_subcommand probe" -s q -l quiet -d 'Neither progress nor a summary on standard error'
complete -c ikescope -n "__fish_ikescope_using_subcommand probe" -l no-progress -d 'No progress on standard error'
complete -c ikescope -n "__fish_ikescope_using_subcommand probe" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ikescope -n "__fish_ikescope_using_subcommand secrets" -l psk-file -d 'Pre-shared keys, one a line: `[ID or ADDRESS...] : "secret"` or the bare secret (repeatable)' -r -F
complete -c ikescope -n "__fish_ikescope_using_subcommand secrets" -l psk-env -d 'An environment variable that holds a pre-shared key, written as in --psk-file (repeatable)' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand secrets" -l capture -d 'Derive what these captures allow, and show or convert that too' -r -F
complete -c ikescope -n "__fish_ikescope_using_subcommand secrets" -l to -d 'Write the keys for another program' -r -f -a "wireshark-ikev1\t'Wireshark\'s ikev1_decryption_table'
wireshark-ikev2\t'Wireshark\'s ikev2_decryption_table'
wireshark-esp\t'Wireshark\'s esp_sa'
tcpdump\t'A file for `tcpdump -E "file NAME"`'
ikescope\t'The format of this program, which loses nothing'"
complete -c ikescope -n "__fish_ikescope_using_subcommand secrets" -l format -d 'Format of the result' -r -f -a "text\t'For people'
json\t'One document'
ndjson\t'One key a line'"
complete -c ikescope -n "__fish_ikescope_using_subcommand secrets" -l color -d 'Colours in text output' -r -f -a "auto\t'As the environment and the terminal say'
always\t'Also to files and pipes'
never\t'Not even to a terminal'"
complete -c ikescope -n "__fish_ikescope_using_subcommand secrets" -s o -l output -d 'Write the result to this file instead of standard output' -r -F
complete -c ikescope -n "__fish_ikescope_using_subcommand secrets" -l reveal -d 'Show the keys themselves'
complete -c ikescope -n "__fish_ikescope_using_subcommand secrets" -l force -d 'Write over a file that is there already'
complete -c ikescope -n "__fish_ikescope_using_subcommand secrets" -s q -l quiet -d 'Neither progress nor a summary on standard error'
complete -c ikescope -n "__fish_ikescope_using_subcommand secrets" -l no-progress -d 'No progress on standard error'
complete -c ikescope -n "__fish_ikescope_using_subcommand secrets" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ikescope -n "__fish_ikescope_using_subcommand audit" -s i -l interface -d 'Capture on this interface until Ctrl-C (`ikescope interfaces` lists them)' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand audit" -l count -d 'Stop after this many captured packets' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand audit" -l duration -d 'Stop after this many seconds' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand audit" -l probe -d 'Ask these peers what they accept, and judge that (repeatable)' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand audit" -l suite -d 'Judge this suite of IKE, without traffic' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand audit" -l esp -d 'With --suite: the suite of ESP, `ENCR[/INTEG][/KE]`' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand audit" -l profile -d 'Profile, or a TOML file of one\'s own' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand audit" -l fail-on -d 'Exit with 3 at findings from this severity, and at the verdict `fail`' -r -f -a "critical\t'Only the worst'
high\t'What should change soon'
medium\t'What should change'
low\t'What should change some day'
never\t'Not even at the verdict `fail`'"
complete -c ikescope -n "__fish_ikescope_using_subcommand audit" -l accept -d 'Live with this finding or algorithm, at these peers, for this reason (repeatable)' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand audit" -l date -d 'Judge as of this day, YYYY-MM-DD; today if not given' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand audit" -l write-profile -d 'Write a profile that passes exactly what was seen, from peers known to be good' -r -F
complete -c ikescope -n "__fish_ikescope_using_subcommand audit" -l port -d 'Also read IKE and ESP on this UDP port (repeatable)' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand audit" -l host -d 'Only packets from or to this address or network (repeatable)' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand audit" -l spi -d 'Only packets with this SPI (repeatable)' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand audit" -l frames -d 'Only these frames of each file, for instance 3-9,12' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand audit" -l filter -d 'Only frames that match this filter of libpcap (see pcap-filter(7))' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand audit" -l secrets -d 'Key material; the format is told by its content (repeatable)' -r -F
complete -c ikescope -n "__fish_ikescope_using_subcommand audit" -l psk-file -d 'Pre-shared keys, one a line: `[ID or ADDRESS...] : "secret"` or the bare secret (repeatable)' -r -F
complete -c ikescope -n "__fish_ikescope_using_subcommand audit" -l psk-env -d 'An environment variable that holds a pre-shared key, written as in --psk-file (repeatable)' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand audit" -l format -d 'Format of the result' -r -f -a "text\t'For people'
json\t'One document'
csv\t'A table for spreadsheets'
sarif\t'SARIF 2.1.0 for pipelines'
markdown\t'For reports and tickets'"
complete -c ikescope -n "__fish_ikescope_using_subcommand audit" -l color -d 'Colours in text output' -r -f -a "auto\t'As the environment and the terminal say'
always\t'Also to files and pipes'
never\t'Not even to a terminal'"
complete -c ikescope -n "__fish_ikescope_using_subcommand audit" -s o -l output -d 'Write the result to this file instead of standard output' -r -F
complete -c ikescope -n "__fish_ikescope_using_subcommand audit" -s q -l quiet -d 'Neither progress nor a summary on standard error'
complete -c ikescope -n "__fish_ikescope_using_subcommand audit" -l no-progress -d 'No progress on standard error'
complete -c ikescope -n "__fish_ikescope_using_subcommand audit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ikescope -n "__fish_ikescope_using_subcommand explain" -l format -d 'Format of the result' -r -f -a "text\t'For people'
json\t'One document'"
complete -c ikescope -n "__fish_ikescope_using_subcommand explain" -l color -d 'Colours in text output' -r -f -a "auto\t'As the environment and the terminal say'
always\t'Also to files and pipes'
never\t'Not even to a terminal'"
complete -c ikescope -n "__fish_ikescope_using_subcommand explain" -s o -l output -d 'Write the result to this file instead of standard output' -r -F
complete -c ikescope -n "__fish_ikescope_using_subcommand explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ikescope -n "__fish_ikescope_using_subcommand interfaces" -l format -d 'Format of the result' -r -f -a "text\t'For people'
json\t'One document'"
complete -c ikescope -n "__fish_ikescope_using_subcommand interfaces" -l color -d 'Colours in text output' -r -f -a "auto\t'As the environment and the terminal say'
always\t'Also to files and pipes'
never\t'Not even to a terminal'"
complete -c ikescope -n "__fish_ikescope_using_subcommand interfaces" -s o -l output -d 'Write the result to this file instead of standard output' -r -F
complete -c ikescope -n "__fish_ikescope_using_subcommand interfaces" -s h -l help -d 'Print help (see more with \'--help\')'
