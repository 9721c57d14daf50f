# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_vecops_global_optspecs
    string join \n p/profile= db-url= config= output-format= json q/quiet v/verbose progress= color= y/yes confirm= h/help V/version
end

function __fish_vecops_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_vecops_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_vecops_using_subcommand
    set -l cmd (__fish_vecops_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c vecops -n "__fish_vecops_needs_command" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_needs_command" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_needs_command" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_needs_command" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_needs_command" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_needs_command" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_needs_command" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_needs_command" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_needs_command" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_needs_command" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_needs_command" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_needs_command" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_needs_command" -f -a "completions" -d 'Print the completion script of a shell'
complete -c vecops -n "__fish_vecops_needs_command" -f -a "generate" -d 'Write completions, man pages and the README\'s command table'
complete -c vecops -n "__fish_vecops_using_subcommand completions" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand completions" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand completions" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand completions" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand completions" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand completions" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand completions" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand completions" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand completions" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand completions" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand completions" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand completions" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_using_subcommand generate" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand generate" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand generate" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand generate" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand generate" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand generate" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand generate" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand generate" -l check -d 'Change nothing; exit 3 where a file is not fresh'
complete -c vecops -n "__fish_vecops_using_subcommand generate" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand generate" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand generate" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand generate" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand generate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand generate" -s V -l version -d 'Print version'
