
use builtin;
use str;

set edit:completion:arg-completer[ikescope] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'ikescope'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'ikescope'= {
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand inspect 'Say what is in these packets: one line a packet, the decoded tree, JSON or CSV'
            cand interfaces 'List the interfaces that can be captured on'
        }
        &'ikescope;inspect'= {
            cand -i 'Capture on this interface until Ctrl-C (`ikescope interfaces` lists them)'
            cand --interface 'Capture on this interface until Ctrl-C (`ikescope interfaces` lists them)'
            cand --count 'Stop after this many captured packets'
            cand --duration 'Stop after this many seconds'
            cand --port 'Also read IKE and ESP on this UDP port (repeatable)'
            cand --host 'Only packets from or to this address or network (repeatable)'
            cand --spi 'Only packets with this SPI (repeatable)'
            cand --frames 'Only these frames of each file, for instance 3-9,12'
            cand --filter 'Only frames that match this filter of libpcap (see pcap-filter(7))'
            cand --format 'Format of the result'
            cand --time 'The time column of text output'
            cand --color 'Colours in text output'
            cand -o 'Write the result to this file instead of standard output'
            cand --output 'Write the result to this file instead of standard output'
            cand --all 'Also packets that are not of IPsec'
            cand -v 'Show the decoded tree of each packet'
            cand --verbose 'Show the decoded tree of each packet'
            cand -x 'Show the octets of each packet'
            cand --hex 'Show the octets of each packet'
            cand -q 'Neither progress nor a summary on standard error'
            cand --quiet 'Neither progress nor a summary on standard error'
            cand --no-progress 'No progress on standard error'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'ikescope;interfaces'= {
            cand --format 'Format of the result'
            cand --color 'Colours in text output'
            cand -o 'Write the result to this file instead of standard output'
            cand --output 'Write the result to this file instead of standard output'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
    ]
    $completions[$command]
}
