
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'ikescope' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'ikescope'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'ikescope' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('inspect', 'inspect', [CompletionResultType]::ParameterValue, 'Say what is in these packets: one line a packet, the decoded tree, JSON or CSV')
            [CompletionResult]::new('decrypt', 'decrypt', [CompletionResultType]::ParameterValue, 'Write the clear text to a capture, and say what was opened')
            [CompletionResult]::new('diagnose', 'diagnose', [CompletionResultType]::ParameterValue, 'Say which tunnels are there, what happened to each, why, and what to check')
            [CompletionResult]::new('probe', 'probe', [CompletionResultType]::ParameterValue, 'Ask a peer what it accepts')
            [CompletionResult]::new('secrets', 'secrets', [CompletionResultType]::ParameterValue, 'Show which keys are in files, and convert them')
            [CompletionResult]::new('audit', 'audit', [CompletionResultType]::ParameterValue, 'Judge how strong a peer, a capture or a suite is')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Explain a diagnosis, a finding or an algorithm')
            [CompletionResult]::new('interfaces', 'interfaces', [CompletionResultType]::ParameterValue, 'List the interfaces that can be captured on')
            break
        }
        'ikescope;inspect' {
            [CompletionResult]::new('-i', '-i', [CompletionResultType]::ParameterName, 'Capture on this interface until Ctrl-C (`ikescope interfaces` lists them)')
            [CompletionResult]::new('--interface', '--interface', [CompletionResultType]::ParameterName, 'Capture on this interface until Ctrl-C (`ikescope interfaces` lists them)')
            [CompletionResult]::new('--count', '--count', [CompletionResultType]::ParameterName, 'Stop after this many captured packets')
            [CompletionResult]::new('--duration', '--duration', [CompletionResultType]::ParameterName, 'Stop after this many seconds')
            [CompletionResult]::new('--port', '--port', [CompletionResultType]::ParameterName, 'Also read IKE and ESP on this UDP port (repeatable)')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Only packets from or to this address or network (repeatable)')
            [CompletionResult]::new('--spi', '--spi', [CompletionResultType]::ParameterName, 'Only packets with this SPI (repeatable)')
            [CompletionResult]::new('--frames', '--frames', [CompletionResultType]::ParameterName, 'Only these frames of each file, for instance 3-9,12')
            [CompletionResult]::new('--filter', '--filter', [CompletionResultType]::ParameterName, 'Only frames that match this filter of libpcap (see pcap-filter(7))')
            [CompletionResult]::new('--secrets', '--secrets', [CompletionResultType]::ParameterName, 'Key material; the format is told by its content (repeatable)')
            [CompletionResult]::new('--psk-file', '--psk-file', [CompletionResultType]::ParameterName, 'Pre-shared keys, one a line: `[ID or ADDRESS...] : "secret"` or the bare secret (repeatable)')
            [CompletionResult]::new('--psk-env', '--psk-env', [CompletionResultType]::ParameterName, 'An environment variable that holds a pre-shared key, written as in --psk-file (repeatable)')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Format of the result')
            [CompletionResult]::new('--time', '--time', [CompletionResultType]::ParameterName, 'The time column of text output')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours in text output')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the result to this file instead of standard output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the result to this file instead of standard output')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Also packets that are not of IPsec')
            [CompletionResult]::new('--unverified', '--unverified', [CompletionResultType]::ParameterName, 'Also show clear text that no integrity check proves, marked as unchecked')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show the decoded tree of each packet')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show the decoded tree of each packet')
            [CompletionResult]::new('-x', '-x', [CompletionResultType]::ParameterName, 'Show the octets of each packet')
            [CompletionResult]::new('--hex', '--hex', [CompletionResultType]::ParameterName, 'Show the octets of each packet')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Neither progress nor a summary on standard error')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Neither progress nor a summary on standard error')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress on standard error')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'ikescope;decrypt' {
            [CompletionResult]::new('-i', '-i', [CompletionResultType]::ParameterName, 'Capture on this interface until Ctrl-C (`ikescope interfaces` lists them)')
            [CompletionResult]::new('--interface', '--interface', [CompletionResultType]::ParameterName, 'Capture on this interface until Ctrl-C (`ikescope interfaces` lists them)')
            [CompletionResult]::new('--count', '--count', [CompletionResultType]::ParameterName, 'Stop after this many captured packets')
            [CompletionResult]::new('--duration', '--duration', [CompletionResultType]::ParameterName, 'Stop after this many seconds')
            [CompletionResult]::new('--secrets', '--secrets', [CompletionResultType]::ParameterName, 'Key material; the format is told by its content (repeatable)')
            [CompletionResult]::new('--psk-file', '--psk-file', [CompletionResultType]::ParameterName, 'Pre-shared keys, one a line: `[ID or ADDRESS...] : "secret"` or the bare secret (repeatable)')
            [CompletionResult]::new('--psk-env', '--psk-env', [CompletionResultType]::ParameterName, 'An environment variable that holds a pre-shared key, written as in --psk-file (repeatable)')
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Write the packets to this file, as pcapng')
            [CompletionResult]::new('--write', '--write', [CompletionResultType]::ParameterName, 'Write the packets to this file, as pcapng')
            [CompletionResult]::new('--port', '--port', [CompletionResultType]::ParameterName, 'Also read IKE and ESP on this UDP port (repeatable)')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Only packets from or to this address or network (repeatable)')
            [CompletionResult]::new('--spi', '--spi', [CompletionResultType]::ParameterName, 'Only packets with this SPI (repeatable)')
            [CompletionResult]::new('--frames', '--frames', [CompletionResultType]::ParameterName, 'Only these frames of each file, for instance 3-9,12')
            [CompletionResult]::new('--filter', '--filter', [CompletionResultType]::ParameterName, 'Only frames that match this filter of libpcap (see pcap-filter(7))')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Format of the summary')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours in text output')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the result to this file instead of standard output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the result to this file instead of standard output')
            [CompletionResult]::new('--unverified', '--unverified', [CompletionResultType]::ParameterName, 'Also write clear text that no integrity check proves, marked as unchecked')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Also write every other packet, as it was')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Replace OUT if it is there')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Neither progress nor a summary on standard error')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Neither progress nor a summary on standard error')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress on standard error')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'ikescope;diagnose' {
            [CompletionResult]::new('-i', '-i', [CompletionResultType]::ParameterName, 'Capture on this interface until Ctrl-C (`ikescope interfaces` lists them)')
            [CompletionResult]::new('--interface', '--interface', [CompletionResultType]::ParameterName, 'Capture on this interface until Ctrl-C (`ikescope interfaces` lists them)')
            [CompletionResult]::new('--count', '--count', [CompletionResultType]::ParameterName, 'Stop after this many captured packets')
            [CompletionResult]::new('--duration', '--duration', [CompletionResultType]::ParameterName, 'Stop after this many seconds')
            [CompletionResult]::new('--secrets', '--secrets', [CompletionResultType]::ParameterName, 'Key material; the format is told by its content (repeatable)')
            [CompletionResult]::new('--psk-file', '--psk-file', [CompletionResultType]::ParameterName, 'Pre-shared keys, one a line: `[ID or ADDRESS...] : "secret"` or the bare secret (repeatable)')
            [CompletionResult]::new('--psk-env', '--psk-env', [CompletionResultType]::ParameterName, 'An environment variable that holds a pre-shared key, written as in --psk-file (repeatable)')
            [CompletionResult]::new('--port', '--port', [CompletionResultType]::ParameterName, 'Also read IKE and ESP on this UDP port (repeatable)')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Only packets from or to this address or network (repeatable)')
            [CompletionResult]::new('--spi', '--spi', [CompletionResultType]::ParameterName, 'Only packets with this SPI (repeatable)')
            [CompletionResult]::new('--frames', '--frames', [CompletionResultType]::ParameterName, 'Only these frames of each file, for instance 3-9,12')
            [CompletionResult]::new('--filter', '--filter', [CompletionResultType]::ParameterName, 'Only frames that match this filter of libpcap (see pcap-filter(7))')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Exit with code 3 from this severity on')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Format of the result')
            [CompletionResult]::new('--time', '--time', [CompletionResultType]::ParameterName, 'The time column of text output')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours in text output')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the result to this file instead of standard output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the result to this file instead of standard output')
            [CompletionResult]::new('--find-nat-address', '--find-nat-address', [CompletionResultType]::ParameterName, 'Search the private address of a peer behind NAT in its detection hash')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Every tunnel with all its messages, and everything about each diagnosis')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Every tunnel with all its messages, and everything about each diagnosis')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Neither progress nor a summary on standard error')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Neither progress nor a summary on standard error')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress on standard error')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'ikescope;probe' {
            [CompletionResult]::new('--ike', '--ike', [CompletionResultType]::ParameterName, 'Ask this version only')
            [CompletionResult]::new('--proposal', '--proposal', [CompletionResultType]::ParameterName, 'Ask this proposal and nothing else: `aes256-sha256-modp2048`, or transforms in any spelling')
            [CompletionResult]::new('--transforms', '--transforms', [CompletionResultType]::ParameterName, 'Ask this proposal and nothing else: `aes256-sha256-modp2048`, or transforms in any spelling')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Profile that findings are judged by, or a TOML file of one''s own')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Exit with 3 at findings from this severity')
            [CompletionResult]::new('--id', '--id', [CompletionResultType]::ParameterName, 'Identity to send in IKEv1 aggressive mode')
            [CompletionResult]::new('--port', '--port', [CompletionResultType]::ParameterName, 'Port of the peer, 500 if not given')
            [CompletionResult]::new('--source', '--source', [CompletionResultType]::ParameterName, 'Address to ask from')
            [CompletionResult]::new('--source-port', '--source-port', [CompletionResultType]::ParameterName, 'Port to ask from; one that the system chooses if not given')
            [CompletionResult]::new('--rate', '--rate', [CompletionResultType]::ParameterName, 'Packets a second, to all targets together')
            [CompletionResult]::new('--target-rate', '--target-rate', [CompletionResultType]::ParameterName, 'Packets a second to one target; fewer when packets are lost')
            [CompletionResult]::new('--max-size', '--max-size', [CompletionResultType]::ParameterName, 'Octets of an IKE message at most')
            [CompletionResult]::new('--shard', '--shard', [CompletionResultType]::ParameterName, 'Ask the K-th of N parts of the list')
            [CompletionResult]::new('--resume', '--resume', [CompletionResultType]::ParameterName, 'Keep in this file which targets were asked, and go on where it says')
            [CompletionResult]::new('-w', '-w', [CompletionResultType]::ParameterName, 'Write every packet sent and received to this file, as pcapng')
            [CompletionResult]::new('--write', '--write', [CompletionResultType]::ParameterName, 'Write every packet sent and received to this file, as pcapng')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Format of the result')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours in text output')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the result to this file instead of standard output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the result to this file instead of standard output')
            [CompletionResult]::new('--quick', '--quick', [CompletionResultType]::ParameterName, 'At most ten packets to a target: versions, what is chosen, whether something weak is accepted')
            [CompletionResult]::new('--full', '--full', [CompletionResultType]::ParameterName, 'Also IKEv1 complete, and longer orders of preference')
            [CompletionResult]::new('--fingerprint', '--fingerprint', [CompletionResultType]::ParameterName, 'Also listen how answers of IKEv1 are repeated that are not continued: half a minute for each mode')
            [CompletionResult]::new('--nat-t', '--nat-t', [CompletionResultType]::ParameterName, 'Ask port 4500, with the non-ESP marker')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Ask more than 256 addresses')
            [CompletionResult]::new('--tcp', '--tcp', [CompletionResultType]::ParameterName, 'Over TCP (RFC 9329), port 4500 unless --port says otherwise')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Write over a file of --write that exists')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Neither progress nor a summary on standard error')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Neither progress nor a summary on standard error')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress on standard error')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'ikescope;secrets' {
            [CompletionResult]::new('--psk-file', '--psk-file', [CompletionResultType]::ParameterName, 'Pre-shared keys, one a line: `[ID or ADDRESS...] : "secret"` or the bare secret (repeatable)')
            [CompletionResult]::new('--psk-env', '--psk-env', [CompletionResultType]::ParameterName, 'An environment variable that holds a pre-shared key, written as in --psk-file (repeatable)')
            [CompletionResult]::new('--capture', '--capture', [CompletionResultType]::ParameterName, 'Derive what these captures allow, and show or convert that too')
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'Write the keys for another program')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Format of the result')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours in text output')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the result to this file instead of standard output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the result to this file instead of standard output')
            [CompletionResult]::new('--reveal', '--reveal', [CompletionResultType]::ParameterName, 'Show the keys themselves')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Write over a file that is there already')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Neither progress nor a summary on standard error')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Neither progress nor a summary on standard error')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress on standard error')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'ikescope;audit' {
            [CompletionResult]::new('-i', '-i', [CompletionResultType]::ParameterName, 'Capture on this interface until Ctrl-C (`ikescope interfaces` lists them)')
            [CompletionResult]::new('--interface', '--interface', [CompletionResultType]::ParameterName, 'Capture on this interface until Ctrl-C (`ikescope interfaces` lists them)')
            [CompletionResult]::new('--count', '--count', [CompletionResultType]::ParameterName, 'Stop after this many captured packets')
            [CompletionResult]::new('--duration', '--duration', [CompletionResultType]::ParameterName, 'Stop after this many seconds')
            [CompletionResult]::new('--probe', '--probe', [CompletionResultType]::ParameterName, 'Ask these peers what they accept, and judge that (repeatable)')
            [CompletionResult]::new('--suite', '--suite', [CompletionResultType]::ParameterName, 'Judge this suite of IKE, without traffic')
            [CompletionResult]::new('--esp', '--esp', [CompletionResultType]::ParameterName, 'With --suite: the suite of ESP, `ENCR[/INTEG][/KE]`')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Profile, or a TOML file of one''s own')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Exit with 3 at findings from this severity, and at the verdict `fail`')
            [CompletionResult]::new('--accept', '--accept', [CompletionResultType]::ParameterName, 'Live with this finding or algorithm, at these peers, for this reason (repeatable)')
            [CompletionResult]::new('--date', '--date', [CompletionResultType]::ParameterName, 'Judge as of this day, YYYY-MM-DD; today if not given')
            [CompletionResult]::new('--write-profile', '--write-profile', [CompletionResultType]::ParameterName, 'Write a profile that passes exactly what was seen, from peers known to be good')
            [CompletionResult]::new('--port', '--port', [CompletionResultType]::ParameterName, 'Also read IKE and ESP on this UDP port (repeatable)')
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'Only packets from or to this address or network (repeatable)')
            [CompletionResult]::new('--spi', '--spi', [CompletionResultType]::ParameterName, 'Only packets with this SPI (repeatable)')
            [CompletionResult]::new('--frames', '--frames', [CompletionResultType]::ParameterName, 'Only these frames of each file, for instance 3-9,12')
            [CompletionResult]::new('--filter', '--filter', [CompletionResultType]::ParameterName, 'Only frames that match this filter of libpcap (see pcap-filter(7))')
            [CompletionResult]::new('--secrets', '--secrets', [CompletionResultType]::ParameterName, 'Key material; the format is told by its content (repeatable)')
            [CompletionResult]::new('--psk-file', '--psk-file', [CompletionResultType]::ParameterName, 'Pre-shared keys, one a line: `[ID or ADDRESS...] : "secret"` or the bare secret (repeatable)')
            [CompletionResult]::new('--psk-env', '--psk-env', [CompletionResultType]::ParameterName, 'An environment variable that holds a pre-shared key, written as in --psk-file (repeatable)')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Format of the result')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours in text output')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the result to this file instead of standard output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the result to this file instead of standard output')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Neither progress nor a summary on standard error')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Neither progress nor a summary on standard error')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress on standard error')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'ikescope;explain' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Format of the result')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours in text output')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the result to this file instead of standard output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the result to this file instead of standard output')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'ikescope;interfaces' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Format of the result')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours in text output')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the result to this file instead of standard output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the result to this file instead of standard output')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
