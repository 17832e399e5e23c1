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
complete -c ikescope -n "__fish_ikescope_needs_command" -f -a "interfaces" -d 'List the interfaces that can be captured on'
complete -c ikescope -n "__fish_ikescope_using_subcommand inspect" -s i -l interface -d 'Capture on this interface until Ctrl-C (`ikescope interfaces` lists them)' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand inspect" -l count -d 'Stop after this many captured packets' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand inspect" -l duration -d 'Stop after this many seconds' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand inspect" -l port -d 'Also read IKE and ESP on this UDP port (repeatable)' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand inspect" -l host -d 'Only packets from or to this address or network (repeatable)' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand inspect" -l spi -d 'Only packets with this SPI (repeatable)' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand inspect" -l frames -d 'Only these frames of each file, for instance 3-9,12' -r
complete -c ikescope -n "__fish_ikescope_using_subcommand inspect" -l filter -d 'Only frames that match this filter of libpcap (see pcap-filter(7))' -r
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
complete -c ikescope -n "__fish_ikescope_using_subcommand inspect" -s v -l verbose -d 'Show the decoded tree of each packet'
complete -c ikescope -n "__fish_ikescope_using_subcommand inspect" -s x -l hex -d 'Show the octets of each packet'
complete -c ikescope -n "__fish_ikescope_using_subcommand inspect" -s q -l quiet -d 'Neither progress nor a summary on standard error'
complete -c ikescope -n "__fish_ikescope_using_subcommand inspect" -l no-progress -d 'No progress on standard error'
complete -c ikescope -n "__fish_ikescope_using_subcommand inspect" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ikescope -n "__fish_ikescope_using_subcommand interfaces" -l format -d 'Format of the result' -r -f -a "text\t'For people'
json\t'One document'"
complete -c ikescope -n "__fish_ikescope_using_subcommand interfaces" -l color -d 'Colours in text output' -r -f -a "auto\t'As the environment and the terminal say'
always\t'Also to files and pipes'
never\t'Not even to a terminal'"
complete -c ikescope -n "__fish_ikescope_using_subcommand interfaces" -s o -l output -d 'Write the result to this file instead of standard output' -r -F
complete -c ikescope -n "__fish_ikescope_using_subcommand interfaces" -s h -l help -d 'Print help (see more with \'--help\')'
