
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
            [CompletionResult]::new('embedded', 'embedded', [CompletionResultType]::ParameterValue, 'Run a real PostgreSQL with pgvector, shaped like a Supabase project, for development and tests')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completion script of a shell')
            [CompletionResult]::new('generate', 'generate', [CompletionResultType]::ParameterValue, 'Write completions, man pages and the README''s command table')
            break
        }
        'vecops;embedded' {
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
            [CompletionResult]::new('start', 'start', [CompletionResultType]::ParameterValue, 'Start the server; the first time, make it')
            [CompletionResult]::new('stop', 'stop', [CompletionResultType]::ParameterValue, 'Stop the server; its data stay')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Say whether the server runs; ends with 3 where it does not')
            [CompletionResult]::new('url', 'url', [CompletionResultType]::ParameterValue, 'Print the running server''s connection URL, password included')
            [CompletionResult]::new('reset', 'reset', [CompletionResultType]::ParameterValue, 'Delete the server''s data and start it anew')
            [CompletionResult]::new('logs', 'logs', [CompletionResultType]::ParameterValue, 'Show what the server said')
            break
        }
        'vecops;embedded;start' {
            [CompletionResult]::new('--major', '--major', [CompletionResultType]::ParameterName, 'The major version of PostgreSQL: 16 or 18; each has its own data')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'The folder for the server''s data, instead of the user''s data folder')
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
        'vecops;embedded;stop' {
            [CompletionResult]::new('--major', '--major', [CompletionResultType]::ParameterName, 'The major version of PostgreSQL: 16 or 18; each has its own data')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'The folder for the server''s data, instead of the user''s data folder')
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
        'vecops;embedded;status' {
            [CompletionResult]::new('--major', '--major', [CompletionResultType]::ParameterName, 'The major version of PostgreSQL: 16 or 18; each has its own data')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'The folder for the server''s data, instead of the user''s data folder')
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
        'vecops;embedded;url' {
            [CompletionResult]::new('--major', '--major', [CompletionResultType]::ParameterName, 'The major version of PostgreSQL: 16 or 18; each has its own data')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'The folder for the server''s data, instead of the user''s data folder')
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
        'vecops;embedded;reset' {
            [CompletionResult]::new('--major', '--major', [CompletionResultType]::ParameterName, 'The major version of PostgreSQL: 16 or 18; each has its own data')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'The folder for the server''s data, instead of the user''s data folder')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'The profile to work on [env: VECOPS_PROFILE]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'The profile to work on [env: VECOPS_PROFILE]')
            [CompletionResult]::new('--db-url', '--db-url', [CompletionResultType]::ParameterName, 'A connection URL instead of a profile [env: VECOPS_DB_URL]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The vecops.toml to read, instead of the nearest one upward')
            [CompletionResult]::new('--output-format', '--output-format', [CompletionResultType]::ParameterName, 'What stdout carries')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours [env: NO_COLOR]')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'The profile''s name, as consent to destructive work on a protected profile')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be deleted, and delete nothing')
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
        'vecops;embedded;logs' {
            [CompletionResult]::new('--major', '--major', [CompletionResultType]::ParameterName, 'The major version of PostgreSQL: 16 or 18; each has its own data')
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'The folder for the server''s data, instead of the user''s data folder')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'How many of the last lines to show')
            [CompletionResult]::new('--lines', '--lines', [CompletionResultType]::ParameterName, 'How many of the last lines to show')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'The profile to work on [env: VECOPS_PROFILE]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'The profile to work on [env: VECOPS_PROFILE]')
            [CompletionResult]::new('--db-url', '--db-url', [CompletionResultType]::ParameterName, 'A connection URL instead of a profile [env: VECOPS_DB_URL]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The vecops.toml to read, instead of the nearest one upward')
            [CompletionResult]::new('--output-format', '--output-format', [CompletionResultType]::ParameterName, 'What stdout carries')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How progress is shown')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours [env: NO_COLOR]')
            [CompletionResult]::new('--confirm', '--confirm', [CompletionResultType]::ParameterName, 'The profile''s name, as consent to destructive work on a protected profile')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Go on with each new line until Ctrl-C')
            [CompletionResult]::new('--follow', '--follow', [CompletionResultType]::ParameterName, 'Go on with each new line until Ctrl-C')
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
