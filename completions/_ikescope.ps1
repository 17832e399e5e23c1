
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
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Format of the result')
            [CompletionResult]::new('--time', '--time', [CompletionResultType]::ParameterName, 'The time column of text output')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Colours in text output')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write the result to this file instead of standard output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write the result to this file instead of standard output')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Also packets that are not of IPsec')
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
