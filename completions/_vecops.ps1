
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'vecops' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'vecops'
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
        'vecops' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'The profile to work on [env: VECOPS_PROFILE]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'The profile to work on [env: VECOPS_PROFILE]')
            [CompletionResult]::new('--db-url', '--db-url', [CompletionResultType]::ParameterName, 'A connection URL instead of a profile [env: VECOPS_DB_URL]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The vecops.toml to read, instead of the nearest one upward')
            [CompletionResult]::new('--output-format', '--output-format', [CompletionResultType]::ParameterName, 'What stdout carries')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours [env: NO_COLOR]')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'The profile''s name, as consent to destructive work on a protected profile')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'The same as --output-format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'No progress and no notes; results, warnings and errors stay')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'No progress and no notes; results, warnings and errors stay')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Consent to changes without being asked [env: VECOPS_YES]')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Consent to changes without being asked [env: VECOPS_YES]')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completion script of a shell')
            [CompletionResult]::new('generate', 'generate', [CompletionResultType]::ParameterValue, 'Write completions, man pages and the README''s command table')
            break
        }
        'vecops;completions' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'The profile to work on [env: VECOPS_PROFILE]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'The profile to work on [env: VECOPS_PROFILE]')
            [CompletionResult]::new('--db-url', '--db-url', [CompletionResultType]::ParameterName, 'A connection URL instead of a profile [env: VECOPS_DB_URL]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The vecops.toml to read, instead of the nearest one upward')
            [CompletionResult]::new('--output-format', '--output-format', [CompletionResultType]::ParameterName, 'What stdout carries')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours [env: NO_COLOR]')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'The profile''s name, as consent to destructive work on a protected profile')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'The same as --output-format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'No progress and no notes; results, warnings and errors stay')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'No progress and no notes; results, warnings and errors stay')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Consent to changes without being asked [env: VECOPS_YES]')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Consent to changes without being asked [env: VECOPS_YES]')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'vecops;generate' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'The profile to work on [env: VECOPS_PROFILE]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'The profile to work on [env: VECOPS_PROFILE]')
            [CompletionResult]::new('--db-url', '--db-url', [CompletionResultType]::ParameterName, 'A connection URL instead of a profile [env: VECOPS_DB_URL]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The vecops.toml to read, instead of the nearest one upward')
            [CompletionResult]::new('--output-format', '--output-format', [CompletionResultType]::ParameterName, 'What stdout carries')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours [env: NO_COLOR]')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'The profile''s name, as consent to destructive work on a protected profile')
            [CompletionResult]::new('--check', '--check', [CompletionResultType]::ParameterName, 'Change nothing; exit 3 where a file is not fresh')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'The same as --output-format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'No progress and no notes; results, warnings and errors stay')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'No progress and no notes; results, warnings and errors stay')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Consent to changes without being asked [env: VECOPS_YES]')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Consent to changes without being asked [env: VECOPS_YES]')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
