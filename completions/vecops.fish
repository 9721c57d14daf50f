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
complete -c vecops -n "__fish_vecops_needs_command" -f -a "demo" -d 'See all of it: a server, a schema with its security, real embeddings, an index, a search'
complete -c vecops -n "__fish_vecops_needs_command" -f -a "init" -d 'Write a vecops.toml with a profile and a first collection'
complete -c vecops -n "__fish_vecops_needs_command" -f -a "profile" -d 'List, show and check connection profiles, and trust a certificate authority'
complete -c vecops -n "__fish_vecops_needs_command" -f -a "embedded" -d 'Run a real PostgreSQL with pgvector, shaped like a Supabase project, for development and tests'
complete -c vecops -n "__fish_vecops_needs_command" -f -a "setup" -d 'Set collections up: extension, table, row-level security, grants, match function, index'
complete -c vecops -n "__fish_vecops_needs_command" -f -a "seed" -d 'Load rows with their embeddings from JSON Lines, CSV, Parquet, NumPy or binary COPY'
complete -c vecops -n "__fish_vecops_needs_command" -f -a "index" -d 'Vector indexes: know what one takes, build, rebuild and drop it, and leave nothing half done'
complete -c vecops -n "__fish_vecops_needs_command" -f -a "search" -d 'Find the nearest rows of a collection or table'
complete -c vecops -n "__fish_vecops_needs_command" -f -a "export" -d 'Write the rows of a collection or table to a file or to stdout'
complete -c vecops -n "__fish_vecops_needs_command" -f -a "dump" -d 'Back up vector tables into a repository, in one consistent snapshot'
complete -c vecops -n "__fish_vecops_needs_command" -f -a "verify" -d 'Check that a backup is whole, without a database, or compare it with one'
complete -c vecops -n "__fish_vecops_needs_command" -f -a "backup" -d 'List the backups of a repository, show and export what one holds, compare two, remove old ones'
complete -c vecops -n "__fish_vecops_needs_command" -f -a "restore" -d 'Bring tables back from a backup, closed to everybody until they are verified'
complete -c vecops -n "__fish_vecops_needs_command" -f -a "bench" -d 'Measure what nearest-neighbour queries find and cost'
complete -c vecops -n "__fish_vecops_needs_command" -f -a "provider" -d 'List and check embedding providers, and look after the embeddings that are kept'
complete -c vecops -n "__fish_vecops_needs_command" -f -a "synthesize" -d 'Make up rows with vectors, the same bytes on every machine'
complete -c vecops -n "__fish_vecops_needs_command" -f -a "completions" -d 'Print the completion script of a shell'
complete -c vecops -n "__fish_vecops_needs_command" -f -a "generate" -d 'Write completions, man pages and the README\'s command table'
complete -c vecops -n "__fish_vecops_using_subcommand demo" -l major -d 'The major version of PostgreSQL: 16 or 18; each has its own data' -r
complete -c vecops -n "__fish_vecops_using_subcommand demo" -l dir -d 'The folder for the server\'s data, instead of the user\'s data folder' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand demo" -l query -d 'The question to ask, by its name' -r
complete -c vecops -n "__fish_vecops_using_subcommand demo" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand demo" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand demo" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand demo" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand demo" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand demo" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand demo" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand demo" -l keep -d 'Leave the schema there and the server running'
complete -c vecops -n "__fish_vecops_using_subcommand demo" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand demo" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand demo" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand demo" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand demo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand demo" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_using_subcommand init" -l profile-name -d 'The default profile: embedded, local, linked, or a new name with --url' -r
complete -c vecops -n "__fish_vecops_using_subcommand init" -l url -d 'The new profile\'s URL; its password stays out of the file' -r
complete -c vecops -n "__fish_vecops_using_subcommand init" -l collection -d 'The first collection\'s name' -r
complete -c vecops -n "__fish_vecops_using_subcommand init" -l dimensions -d 'The length of its vectors' -r
complete -c vecops -n "__fish_vecops_using_subcommand init" -l element -d 'Its element type' -r -f -a "vector\t''
halfvec\t''"
complete -c vecops -n "__fish_vecops_using_subcommand init" -l metric -d 'How distance is measured' -r -f -a "cosine\t''
inner-product\t''
l2\t''
l1\t''"
complete -c vecops -n "__fish_vecops_using_subcommand init" -l policy -d 'Who may read and write through the API' -r -f -a "service\t''
owner\t''
public-read\t''"
complete -c vecops -n "__fish_vecops_using_subcommand init" -l model -d 'The model that makes the embeddings, for the record' -r
complete -c vecops -n "__fish_vecops_using_subcommand init" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand init" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand init" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand init" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand init" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand init" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand init" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand init" -l protected -d 'Whether destructive work on the new profile must name it'
complete -c vecops -n "__fish_vecops_using_subcommand init" -l force -d 'Overwrite a vecops.toml that is there'
complete -c vecops -n "__fish_vecops_using_subcommand init" -l dry-run -d 'Print the file and write nothing'
complete -c vecops -n "__fish_vecops_using_subcommand init" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand init" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand init" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand init" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand init" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_using_subcommand profile; and not __fish_seen_subcommand_from list show check trust" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand profile; and not __fish_seen_subcommand_from list show check trust" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand profile; and not __fish_seen_subcommand_from list show check trust" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand profile; and not __fish_seen_subcommand_from list show check trust" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand profile; and not __fish_seen_subcommand_from list show check trust" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand profile; and not __fish_seen_subcommand_from list show check trust" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand profile; and not __fish_seen_subcommand_from list show check trust" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand profile; and not __fish_seen_subcommand_from list show check trust" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand profile; and not __fish_seen_subcommand_from list show check trust" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand profile; and not __fish_seen_subcommand_from list show check trust" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand profile; and not __fish_seen_subcommand_from list show check trust" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand profile; and not __fish_seen_subcommand_from list show check trust" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand profile; and not __fish_seen_subcommand_from list show check trust" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_using_subcommand profile; and not __fish_seen_subcommand_from list show check trust" -f -a "list" -d 'List the profiles, declared and built in'
complete -c vecops -n "__fish_vecops_using_subcommand profile; and not __fish_seen_subcommand_from list show check trust" -f -a "show" -d 'Show each resolved value of a profile and where it came from; secrets are masked'
complete -c vecops -n "__fish_vecops_using_subcommand profile; and not __fish_seen_subcommand_from list show check trust" -f -a "check" -d 'Try each step of the connection and say what is wrong and what to type next'
complete -c vecops -n "__fish_vecops_using_subcommand profile; and not __fish_seen_subcommand_from list show check trust" -f -a "trust" -d 'Trust Supabase\'s certificate authority, or with --any one of your own for a profile'
complete -c vecops -n "__fish_vecops_using_subcommand profile; and __fish_seen_subcommand_from list" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand profile; and __fish_seen_subcommand_from list" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand profile; and __fish_seen_subcommand_from list" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand profile; and __fish_seen_subcommand_from list" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand profile; and __fish_seen_subcommand_from list" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand profile; and __fish_seen_subcommand_from list" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand profile; and __fish_seen_subcommand_from list" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand profile; and __fish_seen_subcommand_from list" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand profile; and __fish_seen_subcommand_from list" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand profile; and __fish_seen_subcommand_from list" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand profile; and __fish_seen_subcommand_from list" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand profile; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand profile; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_using_subcommand profile; and __fish_seen_subcommand_from show" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand profile; and __fish_seen_subcommand_from show" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand profile; and __fish_seen_subcommand_from show" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand profile; and __fish_seen_subcommand_from show" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand profile; and __fish_seen_subcommand_from show" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand profile; and __fish_seen_subcommand_from show" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand profile; and __fish_seen_subcommand_from show" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand profile; and __fish_seen_subcommand_from show" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand profile; and __fish_seen_subcommand_from show" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand profile; and __fish_seen_subcommand_from show" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand profile; and __fish_seen_subcommand_from show" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand profile; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand profile; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_using_subcommand profile; and __fish_seen_subcommand_from check" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand profile; and __fish_seen_subcommand_from check" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand profile; and __fish_seen_subcommand_from check" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand profile; and __fish_seen_subcommand_from check" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand profile; and __fish_seen_subcommand_from check" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand profile; and __fish_seen_subcommand_from check" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand profile; and __fish_seen_subcommand_from check" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand profile; and __fish_seen_subcommand_from check" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand profile; and __fish_seen_subcommand_from check" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand profile; and __fish_seen_subcommand_from check" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand profile; and __fish_seen_subcommand_from check" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand profile; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand profile; and __fish_seen_subcommand_from check" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_using_subcommand profile; and __fish_seen_subcommand_from trust" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand profile; and __fish_seen_subcommand_from trust" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand profile; and __fish_seen_subcommand_from trust" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand profile; and __fish_seen_subcommand_from trust" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand profile; and __fish_seen_subcommand_from trust" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand profile; and __fish_seen_subcommand_from trust" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand profile; and __fish_seen_subcommand_from trust" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand profile; and __fish_seen_subcommand_from trust" -l any -d 'Trust a certificate authority that is not Supabase\'s, for the profile of --profile only'
complete -c vecops -n "__fish_vecops_using_subcommand profile; and __fish_seen_subcommand_from trust" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand profile; and __fish_seen_subcommand_from trust" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand profile; and __fish_seen_subcommand_from trust" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand profile; and __fish_seen_subcommand_from trust" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand profile; and __fish_seen_subcommand_from trust" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand profile; and __fish_seen_subcommand_from trust" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and not __fish_seen_subcommand_from start stop status url reset logs" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and not __fish_seen_subcommand_from start stop status url reset logs" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and not __fish_seen_subcommand_from start stop status url reset logs" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and not __fish_seen_subcommand_from start stop status url reset logs" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and not __fish_seen_subcommand_from start stop status url reset logs" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and not __fish_seen_subcommand_from start stop status url reset logs" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and not __fish_seen_subcommand_from start stop status url reset logs" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and not __fish_seen_subcommand_from start stop status url reset logs" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and not __fish_seen_subcommand_from start stop status url reset logs" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and not __fish_seen_subcommand_from start stop status url reset logs" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and not __fish_seen_subcommand_from start stop status url reset logs" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and not __fish_seen_subcommand_from start stop status url reset logs" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and not __fish_seen_subcommand_from start stop status url reset logs" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and not __fish_seen_subcommand_from start stop status url reset logs" -f -a "start" -d 'Start the server; the first time, make it'
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and not __fish_seen_subcommand_from start stop status url reset logs" -f -a "stop" -d 'Stop the server; its data stay'
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and not __fish_seen_subcommand_from start stop status url reset logs" -f -a "status" -d 'Say whether the server runs; ends with 3 where it does not'
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and not __fish_seen_subcommand_from start stop status url reset logs" -f -a "url" -d 'Print the running server\'s connection URL, password included'
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and not __fish_seen_subcommand_from start stop status url reset logs" -f -a "reset" -d 'Delete the server\'s data and start it anew'
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and not __fish_seen_subcommand_from start stop status url reset logs" -f -a "logs" -d 'Show what the server said'
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from start" -l major -d 'The major version of PostgreSQL: 16 or 18; each has its own data' -r
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from start" -l dir -d 'The folder for the server\'s data, instead of the user\'s data folder' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from start" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from start" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from start" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from start" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from start" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from start" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from start" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from start" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from start" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from start" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from start" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from start" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from start" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from stop" -l major -d 'The major version of PostgreSQL: 16 or 18; each has its own data' -r
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from stop" -l dir -d 'The folder for the server\'s data, instead of the user\'s data folder' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from stop" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from stop" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from stop" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from stop" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from stop" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from stop" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from stop" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from stop" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from stop" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from stop" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from stop" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from stop" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from stop" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from status" -l major -d 'The major version of PostgreSQL: 16 or 18; each has its own data' -r
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from status" -l dir -d 'The folder for the server\'s data, instead of the user\'s data folder' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from status" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from status" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from status" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from status" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from status" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from status" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from status" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from status" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from status" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from status" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from status" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from status" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from url" -l major -d 'The major version of PostgreSQL: 16 or 18; each has its own data' -r
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from url" -l dir -d 'The folder for the server\'s data, instead of the user\'s data folder' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from url" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from url" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from url" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from url" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from url" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from url" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from url" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from url" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from url" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from url" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from url" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from url" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from url" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from reset" -l major -d 'The major version of PostgreSQL: 16 or 18; each has its own data' -r
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from reset" -l dir -d 'The folder for the server\'s data, instead of the user\'s data folder' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from reset" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from reset" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from reset" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from reset" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from reset" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from reset" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from reset" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from reset" -l dry-run -d 'Say what would be deleted, and delete nothing'
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from reset" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from reset" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from reset" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from reset" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from reset" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from reset" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from logs" -l major -d 'The major version of PostgreSQL: 16 or 18; each has its own data' -r
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from logs" -l dir -d 'The folder for the server\'s data, instead of the user\'s data folder' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from logs" -s n -l lines -d 'How many of the last lines to show' -r
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from logs" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from logs" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from logs" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from logs" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from logs" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from logs" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from logs" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from logs" -s f -l follow -d 'Go on with each new line until Ctrl-C'
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from logs" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from logs" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from logs" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from logs" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from logs" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand embedded; and __fish_seen_subcommand_from logs" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_using_subcommand setup; and not __fish_seen_subcommand_from plan apply migration" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand setup; and not __fish_seen_subcommand_from plan apply migration" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand setup; and not __fish_seen_subcommand_from plan apply migration" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand setup; and not __fish_seen_subcommand_from plan apply migration" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand setup; and not __fish_seen_subcommand_from plan apply migration" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand setup; and not __fish_seen_subcommand_from plan apply migration" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand setup; and not __fish_seen_subcommand_from plan apply migration" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand setup; and not __fish_seen_subcommand_from plan apply migration" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand setup; and not __fish_seen_subcommand_from plan apply migration" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand setup; and not __fish_seen_subcommand_from plan apply migration" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand setup; and not __fish_seen_subcommand_from plan apply migration" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand setup; and not __fish_seen_subcommand_from plan apply migration" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand setup; and not __fish_seen_subcommand_from plan apply migration" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_using_subcommand setup; and not __fish_seen_subcommand_from plan apply migration" -f -a "plan" -d 'Compare the database with the collections; ends with 3 where they differ'
complete -c vecops -n "__fish_vecops_using_subcommand setup; and not __fish_seen_subcommand_from plan apply migration" -f -a "apply" -d 'Show the plan, ask, and make the difference'
complete -c vecops -n "__fish_vecops_using_subcommand setup; and not __fish_seen_subcommand_from plan apply migration" -f -a "migration" -d 'Write the same SQL as a migration that the Supabase CLI applies'
complete -c vecops -n "__fish_vecops_using_subcommand setup; and __fish_seen_subcommand_from plan" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand setup; and __fish_seen_subcommand_from plan" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand setup; and __fish_seen_subcommand_from plan" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand setup; and __fish_seen_subcommand_from plan" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand setup; and __fish_seen_subcommand_from plan" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand setup; and __fish_seen_subcommand_from plan" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand setup; and __fish_seen_subcommand_from plan" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand setup; and __fish_seen_subcommand_from plan" -l sql -d 'Show the SQL of each step'
complete -c vecops -n "__fish_vecops_using_subcommand setup; and __fish_seen_subcommand_from plan" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand setup; and __fish_seen_subcommand_from plan" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand setup; and __fish_seen_subcommand_from plan" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand setup; and __fish_seen_subcommand_from plan" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand setup; and __fish_seen_subcommand_from plan" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand setup; and __fish_seen_subcommand_from plan" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_using_subcommand setup; and __fish_seen_subcommand_from apply" -l maintenance-work-mem -d 'Memory for building an index over existing rows, such as 2GB; without it, what the graph needs and the server can spare' -r
complete -c vecops -n "__fish_vecops_using_subcommand setup; and __fish_seen_subcommand_from apply" -l parallel-workers -d 'Parallel workers for building an index over existing rows; without it, what the server allows' -r
complete -c vecops -n "__fish_vecops_using_subcommand setup; and __fish_seen_subcommand_from apply" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand setup; and __fish_seen_subcommand_from apply" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand setup; and __fish_seen_subcommand_from apply" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand setup; and __fish_seen_subcommand_from apply" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand setup; and __fish_seen_subcommand_from apply" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand setup; and __fish_seen_subcommand_from apply" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand setup; and __fish_seen_subcommand_from apply" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand setup; and __fish_seen_subcommand_from apply" -l sql -d 'Show the SQL of each step'
complete -c vecops -n "__fish_vecops_using_subcommand setup; and __fish_seen_subcommand_from apply" -l dry-run -d 'Show the plan and change nothing'
complete -c vecops -n "__fish_vecops_using_subcommand setup; and __fish_seen_subcommand_from apply" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand setup; and __fish_seen_subcommand_from apply" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand setup; and __fish_seen_subcommand_from apply" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand setup; and __fish_seen_subcommand_from apply" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand setup; and __fish_seen_subcommand_from apply" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand setup; and __fish_seen_subcommand_from apply" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_using_subcommand setup; and __fish_seen_subcommand_from migration" -l name -d 'What the file\'s name says after its version' -r
complete -c vecops -n "__fish_vecops_using_subcommand setup; and __fish_seen_subcommand_from migration" -l into -d 'The folder of the migrations; without it, supabase/migrations of the nearest Supabase project upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand setup; and __fish_seen_subcommand_from migration" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand setup; and __fish_seen_subcommand_from migration" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand setup; and __fish_seen_subcommand_from migration" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand setup; and __fish_seen_subcommand_from migration" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand setup; and __fish_seen_subcommand_from migration" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand setup; and __fish_seen_subcommand_from migration" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand setup; and __fish_seen_subcommand_from migration" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand setup; and __fish_seen_subcommand_from migration" -l diff -d 'Only what the target database lacks'
complete -c vecops -n "__fish_vecops_using_subcommand setup; and __fish_seen_subcommand_from migration" -l dry-run -d 'Print the migration and write nothing'
complete -c vecops -n "__fish_vecops_using_subcommand setup; and __fish_seen_subcommand_from migration" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand setup; and __fish_seen_subcommand_from migration" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand setup; and __fish_seen_subcommand_from migration" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand setup; and __fish_seen_subcommand_from migration" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand setup; and __fish_seen_subcommand_from migration" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand setup; and __fish_seen_subcommand_from migration" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_using_subcommand seed" -l from -d 'One or more files, or patterns such as \'part-*.csv\'; all but parquet also compressed with gzip or zstd; - is stdin' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand seed" -l format -d 'What the files hold; without it their names tell, and stdin is JSON Lines' -r -f -a "jsonl\t''
csv\t''
tsv\t''
parquet\t''
npy\t''
fvecs\t''
bvecs\t''
pgcopy\t''"
complete -c vecops -n "__fish_vecops_using_subcommand seed" -l side -d 'For npy, fvecs and bvecs: the file with the other columns, row by row' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand seed" -l map -d 'Fill a column from the field with another name, or with a dotted path; may be given several times' -r
complete -c vecops -n "__fish_vecops_using_subcommand seed" -l columns -d 'For pgcopy, which names no columns: the columns in its order; without it all of the table that are not generated' -r
complete -c vecops -n "__fish_vecops_using_subcommand seed" -l rest-to -d 'Put fields that no column takes into this jsonb column, as keys of its object' -r
complete -c vecops -n "__fish_vecops_using_subcommand seed" -l owner -d 'The user that lines without an owner belong to, in a collection with the policy `owner`' -r
complete -c vecops -n "__fish_vecops_using_subcommand seed" -l embed -d 'Make the vectors of the text in this field, with a provider of vecops.toml; rows that have a vector keep it' -r
complete -c vecops -n "__fish_vecops_using_subcommand seed" -l provider -d 'The embedding provider of vecops.toml; else the collection\'s, else the only one declared' -r
complete -c vecops -n "__fish_vecops_using_subcommand seed" -l on-conflict -d 'What happens to a row whose id is in the table already: it ends the load, the table\'s row stays, or the table\'s row gets the columns of the source' -r -f -a "error\t''
skip\t''
update\t''"
complete -c vecops -n "__fish_vecops_using_subcommand seed" -l on-error -d 'What happens at a row that cannot be loaded: it ends the load, or it is left out' -r -f -a "stop\t''
skip\t''"
complete -c vecops -n "__fish_vecops_using_subcommand seed" -l rejects -d 'A new file for the rows left out, as JSON Lines with their line numbers and reasons' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand seed" -l max-rejects -d 'With how many rows left out the load is still good' -r
complete -c vecops -n "__fish_vecops_using_subcommand seed" -l batch-size -d 'How much is sent to the server between two commits' -r
complete -c vecops -n "__fish_vecops_using_subcommand seed" -l jobs -d 'Over how many connections rows are loaded at once, from 1 to 16; more than one need --resumable' -r
complete -c vecops -n "__fish_vecops_using_subcommand seed" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand seed" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand seed" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand seed" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand seed" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand seed" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand seed" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand seed" -l builtin -d 'The 448 passages that come with vecops, with embeddings of 384 dimensions'
complete -c vecops -n "__fish_vecops_using_subcommand seed" -l dry-run -l check-only -d 'Read and check everything, list the bad lines, load nothing'
complete -c vecops -n "__fish_vecops_using_subcommand seed" -l no-embedding-cache -d 'Ask the provider for every text, and keep no vector on this machine'
complete -c vecops -n "__fish_vecops_using_subcommand seed" -l replace -d 'Delete the rows of the table in the same transaction; readers see the old rows until the new ones are there'
complete -c vecops -n "__fish_vecops_using_subcommand seed" -l resumable -d 'Commit batches together with their position in the table vecops.seed_ledger: after a crash or a broken connection the same command goes on exactly there'
complete -c vecops -n "__fish_vecops_using_subcommand seed" -l atomic -d 'Load everything in one transaction, or nothing: what happens without --resumable, too'
complete -c vecops -n "__fish_vecops_using_subcommand seed" -l restart -d 'Forget the position of an earlier run; the rows that it loaded stay'
complete -c vecops -n "__fish_vecops_using_subcommand seed" -l defer-indexes -d 'Drop the table\'s vector indexes before the load and build them again afterwards; their definitions are kept in the database, and the next run builds them where this one could not'
complete -c vecops -n "__fish_vecops_using_subcommand seed" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand seed" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand seed" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand seed" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand seed" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand seed" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_using_subcommand index; and not __fish_seen_subcommand_from estimate list tune lint create reindex replace drop clean restore-deferred" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and not __fish_seen_subcommand_from estimate list tune lint create reindex replace drop clean restore-deferred" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and not __fish_seen_subcommand_from estimate list tune lint create reindex replace drop clean restore-deferred" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand index; and not __fish_seen_subcommand_from estimate list tune lint create reindex replace drop clean restore-deferred" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand index; and not __fish_seen_subcommand_from estimate list tune lint create reindex replace drop clean restore-deferred" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand index; and not __fish_seen_subcommand_from estimate list tune lint create reindex replace drop clean restore-deferred" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand index; and not __fish_seen_subcommand_from estimate list tune lint create reindex replace drop clean restore-deferred" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and not __fish_seen_subcommand_from estimate list tune lint create reindex replace drop clean restore-deferred" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand index; and not __fish_seen_subcommand_from estimate list tune lint create reindex replace drop clean restore-deferred" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand index; and not __fish_seen_subcommand_from estimate list tune lint create reindex replace drop clean restore-deferred" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand index; and not __fish_seen_subcommand_from estimate list tune lint create reindex replace drop clean restore-deferred" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand index; and not __fish_seen_subcommand_from estimate list tune lint create reindex replace drop clean restore-deferred" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand index; and not __fish_seen_subcommand_from estimate list tune lint create reindex replace drop clean restore-deferred" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_using_subcommand index; and not __fish_seen_subcommand_from estimate list tune lint create reindex replace drop clean restore-deferred" -f -a "estimate" -d 'Say what an index will take: bytes on disk, memory of the build, and which servers hold it'
complete -c vecops -n "__fish_vecops_using_subcommand index; and not __fish_seen_subcommand_from estimate list tune lint create reindex replace drop clean restore-deferred" -f -a "list" -d 'List every vector index with its size against a fresh one\'s, and what no index serves: columns and recorded queries'
complete -c vecops -n "__fish_vecops_using_subcommand index; and not __fish_seen_subcommand_from estimate list tune lint create reindex replace drop clean restore-deferred" -f -a "tune" -d 'Say which ef_search, or which other index, gives the recall that is wanted'
complete -c vecops -n "__fish_vecops_using_subcommand index; and not __fish_seen_subcommand_from estimate list tune lint create reindex replace drop clean restore-deferred" -f -a "lint" -d 'Say why a query does not use a vector index, and write it so that it does'
complete -c vecops -n "__fish_vecops_using_subcommand index; and not __fish_seen_subcommand_from estimate list tune lint create reindex replace drop clean restore-deferred" -f -a "create" -d 'Build a vector index on a column, or on what is made of it'
complete -c vecops -n "__fish_vecops_using_subcommand index; and not __fish_seen_subcommand_from estimate list tune lint create reindex replace drop clean restore-deferred" -f -a "reindex" -d 'Build an index anew: smaller after many deletions, and without the damage that they did to the graph'
complete -c vecops -n "__fish_vecops_using_subcommand index; and not __fish_seen_subcommand_from estimate list tune lint create reindex replace drop clean restore-deferred" -f -a "replace" -d 'Replace a vector index by one with other parameters, another type or another method, without ever being without one'
complete -c vecops -n "__fish_vecops_using_subcommand index; and not __fish_seen_subcommand_from estimate list tune lint create reindex replace drop clean restore-deferred" -f -a "drop" -d 'Drop a vector index, without stopping readers or writers'
complete -c vecops -n "__fish_vecops_using_subcommand index; and not __fish_seen_subcommand_from estimate list tune lint create reindex replace drop clean restore-deferred" -f -a "clean" -d 'Drop what builds that failed have left: invalid indexes, `_ccnew` and `_ccold`'
complete -c vecops -n "__fish_vecops_using_subcommand index; and not __fish_seen_subcommand_from estimate list tune lint create reindex replace drop clean restore-deferred" -f -a "restore-deferred" -d 'Build the indexes that `vecops seed --defer-indexes` dropped and could not build again'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from estimate" -l rows -d 'How many rows the index holds; without it, as many as the table' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from estimate" -l dimensions -d 'How many dimensions it holds; of a sparsevec, how many elements that are not zero' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from estimate" -l type -d 'The element type that it holds: vector, halfvec, bit or sparsevec' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from estimate" -l method -d 'A graph, or lists around centres' -r -f -a "hnsw\t''
ivfflat\t''"
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from estimate" -l m -d 'Links of each element of a graph' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from estimate" -l lists -d 'Lists of an ivfflat index; without it, what the rows ask for' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from estimate" -l maintenance-work-mem -d 'The memory of the build; without it, what the server can spare' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from estimate" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from estimate" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from estimate" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from estimate" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from estimate" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from estimate" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from estimate" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from estimate" -l calibrate -d 'Measure how long the build of some rows takes, in a temporary table, and say how long the whole should'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from estimate" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from estimate" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from estimate" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from estimate" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from estimate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from estimate" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from list" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from list" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from list" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from list" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from list" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from list" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from list" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from list" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from list" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from list" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from list" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from tune" -l recall -d 'The recall that is wanted, such as 0.98: the lower end of its 95 % interval is to meet it' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from tune" -s k -l k -d 'How many neighbours a query asks for' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from tune" -l p95 -d 'The most milliseconds that 95 of 100 queries may take, the network included' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from tune" -l queries -d 'Files of vectors: JSON Lines (an array, or an object with `embedding`), Parquet, .npy, .fvecs, .bvecs; - is stdin' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from tune" -l queries-sql -d 'What the application asked: the vectors in the first column of this SELECT, at most 1000' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from tune" -l queries-table -d 'What the application asked: the vectors of this table, as schema.table or schema.table.column, at most 1000' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from tune" -l stored -d 'So many rows of the table itself, each left out of its own answer: flatters recall' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from tune" -l level -d 'What may change: only ef_search, or the index as well' -r -f -a "ef\t'The smallest ef_search for the index that is there'
rebuild\t'Another index, tried on samples away from the database'"
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from tune" -l sample -d 'How many rows travel: a number, or all; without it a quarter of the table, 25,000 to 250,000 rows' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from tune" -l held-out -d 'Hold so many of these rows out of the graphs and ask them as queries, where no other queries are given' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from tune" -l max-rate -d 'Read from the database no faster than this a second, such as 20MB' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from tune" -l max-index-size -d 'The largest index that may be picked, such as 4GB' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from tune" -l max-build-memory -d 'The most memory that a build may take' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from tune" -l m -d 'The links of each element to try' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from tune" -l ef-construction -d 'The candidates kept while an element is inserted to try; at least twice m' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from tune" -l type -d 'The element types to try: vector, halfvec, and bit, whose finds are ordered again by the vectors' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from tune" -l leading -d 'Also try halfvec indexes on so many leading dimensions, for models that allow it (Matryoshka)' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from tune" -l output -d 'Write apply.sql, report.html, report.json and plot.svg into this folder' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from tune" -l report -d 'Write a report to keep: .html, .md with its plots beside it, or .json' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from tune" -l seed -d 'Draws the order of the queries' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from tune" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from tune" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from tune" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from tune" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from tune" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from tune" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from tune" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from tune" -l builtin -d 'The questions that come with vecops, for the passages of `vecops seed --builtin`'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from tune" -l dry-run -d 'Say what would be read and tried, and do nothing'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from tune" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from tune" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from tune" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from tune" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from tune" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from tune" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from lint" -l sql -d 'The query; parameters as $1' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from lint" -l file -d 'A file with queries; - is stdin' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from lint" -l function -d 'The queries in a function, by its name or schema.name' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from lint" -l as -d 'Plan as this role, under its row security: anon, authenticated, service_role or `user:<uuid>`' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from lint" -l set -d 'A setting to plan with, such as hnsw.ef_search=200; may be repeated' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from lint" -l limit -d 'The rows that a query asks for whose LIMIT is a parameter' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from lint" -l top -d 'How many recorded queries to look at, those that took longest altogether first' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from lint" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from lint" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from lint" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from lint" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from lint" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from lint" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from lint" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from lint" -l statements -d 'The queries that the server has recorded in pg_stat_statements, and the functions that they call'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from lint" -l analyze -d 'Run the queries that have no parameters, too, and show what they did; they cannot change anything'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from lint" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from lint" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from lint" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from lint" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from lint" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from lint" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from create" -l method -d 'A graph, or lists around centres' -r -f -a "hnsw\t''
ivfflat\t''"
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from create" -l metric -d 'How distance is measured: l2, inner-product, cosine, l1, hamming or jaccard' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from create" -l m -d 'Links of each element of a graph' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from create" -l ef-construction -d 'Candidates kept while an element enters a graph; at least twice m' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from create" -l lists -d 'Lists of an ivfflat index; without it, what the table\'s rows ask for' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from create" -l element -d 'The element type that the index holds: vector, halfvec, bit or sparsevec' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from create" -l dimensions -d 'Hold only so many leading dimensions; or say how many a column has that does not' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from create" -l expression -d 'Another expression than the column, as SQL; --element and --dimensions say what it is' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from create" -l opclass -d 'The operator class, such as vector_cosine_ops, where metric and type do not say it' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from create" -l where -d 'Only these rows, as SQL; a query must repeat the condition' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from create" -l name -d 'The index\'s name; without it, made of table, column, metric and method' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from create" -l maintenance-work-mem -d 'Memory for the build, such as 2GB; without it, what the graph needs and the server can spare' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from create" -l workers -d 'Parallel workers for the build; without it, what the server allows' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from create" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from create" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from create" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from create" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from create" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from create" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from create" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from create" -l no-concurrently -d 'Build in one go while writers wait; about twice as fast'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from create" -l dry-run -d 'Show the plan and change nothing'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from create" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from create" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from create" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from create" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from create" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from reindex" -l if-bloat -d 'Only where it is larger than a fresh one by so many percent; else there is nothing to do' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from reindex" -l bloat -d 'How many times as large as a fresh one it may be' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from reindex" -l min-recall -d 'The recall that it must have' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from reindex" -l queries -d 'Files of vectors: JSON Lines (an array, or an object with `embedding`), Parquet, .npy, .fvecs, .bvecs; - is stdin' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from reindex" -l queries-sql -d 'What the application asked: the vectors in the first column of this SELECT, at most 1000' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from reindex" -l queries-table -d 'What the application asked: the vectors of this table, as schema.table or schema.table.column, at most 1000' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from reindex" -l stored -d 'So many rows of the table itself, each left out of its own answer: flatters recall' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from reindex" -s k -l k -d 'How many neighbours a query asks for; 10 unless it is said' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from reindex" -l ef-search -d 'How many candidates an HNSW scan keeps; 40 unless it is said' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from reindex" -l probes -d 'How many lists an IVFFlat scan looks into; 10 unless it is said' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from reindex" -l maintenance-work-mem -d 'Memory for the build, such as 2GB; without it, what the graph needs and the server can spare' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from reindex" -l workers -d 'Parallel workers for the build; without it, what the server allows' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from reindex" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from reindex" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from reindex" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from reindex" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from reindex" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from reindex" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from reindex" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from reindex" -l if-needed -d 'Only where it is bloated, or finds too little'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from reindex" -l builtin -d 'The questions that come with vecops, for the passages of `vecops seed --builtin`'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from reindex" -l no-concurrently -d 'Build in one go while writers wait; about twice as fast'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from reindex" -l dry-run -d 'Show the plan and change nothing'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from reindex" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from reindex" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from reindex" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from reindex" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from reindex" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from reindex" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from replace" -l method -d 'Another method: a graph, or lists around centres' -r -f -a "hnsw\t''
ivfflat\t''"
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from replace" -l m -d 'Links of each element of a graph' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from replace" -l ef-construction -d 'Candidates kept while an element enters a graph; at least twice m' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from replace" -l lists -d 'Lists of an ivfflat index' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from replace" -l type -d 'The element type that the new index holds: vector, halfvec, bit or sparsevec; queries must then be written otherwise' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from replace" -l queries -d 'Files of vectors: JSON Lines (an array, or an object with `embedding`), Parquet, .npy, .fvecs, .bvecs; - is stdin' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from replace" -l queries-sql -d 'What the application asked: the vectors in the first column of this SELECT, at most 1000' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from replace" -l queries-table -d 'What the application asked: the vectors of this table, as schema.table or schema.table.column, at most 1000' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from replace" -l stored -d 'So many rows of the table itself, each left out of its own answer: flatters recall' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from replace" -s k -l k -d 'How many neighbours a query asks for; 10 unless it is said' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from replace" -l ef-search -d 'How many candidates an HNSW scan keeps; 40 unless it is said' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from replace" -l probes -d 'How many lists an IVFFlat scan looks into; 10 unless it is said' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from replace" -l min-recall -d 'The least recall, which the lower end of its interval must reach; without it, the new index must not be worse' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from replace" -l max-p95-ratio -d 'The most that the 95th percentile of latency may be, in times the old one\'s' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from replace" -l grace -d 'How long the old index is kept afterwards, a day unless it is said; 0s drops it at once' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from replace" -l maintenance-work-mem -d 'Memory for the build, such as 2GB; without it, what the graph needs and the server can spare' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from replace" -l workers -d 'Parallel workers for the build; without it, what the server allows' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from replace" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from replace" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from replace" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from replace" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from replace" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from replace" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from replace" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from replace" -l builtin -d 'The questions that come with vecops, for the passages of `vecops seed --builtin`'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from replace" -l keep -d 'Leave a new index that is not good enough beside the old one'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from replace" -l finish -d 'Drop the old index now'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from replace" -l rollback -d 'Give the old index its name again, and drop the new one'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from replace" -l dry-run -d 'Show the plan and change nothing'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from replace" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from replace" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from replace" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from replace" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from replace" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from replace" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from drop" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from drop" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from drop" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from drop" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from drop" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from drop" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from drop" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from drop" -l no-concurrently -d 'Drop it in one go while readers and writers wait'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from drop" -l dry-run -d 'Show the plan and change nothing'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from drop" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from drop" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from drop" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from drop" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from drop" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from drop" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from clean" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from clean" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from clean" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from clean" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from clean" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from clean" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from clean" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from clean" -l dry-run -d 'Show the plan and change nothing'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from clean" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from clean" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from clean" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from clean" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from clean" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from clean" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from restore-deferred" -l maintenance-work-mem -d 'Memory for the build, such as 2GB; without it, what the graph needs and the server can spare' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from restore-deferred" -l workers -d 'Parallel workers for the build; without it, what the server allows' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from restore-deferred" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from restore-deferred" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from restore-deferred" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from restore-deferred" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from restore-deferred" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from restore-deferred" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from restore-deferred" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from restore-deferred" -l no-concurrently -d 'Build in one go while writers wait; about twice as fast'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from restore-deferred" -l dry-run -d 'Show the plan and change nothing'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from restore-deferred" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from restore-deferred" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from restore-deferred" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from restore-deferred" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from restore-deferred" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand index; and __fish_seen_subcommand_from restore-deferred" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_using_subcommand search" -l vector -d 'A vector, as \'[0.1, 0.2, ...]\'' -r
complete -c vecops -n "__fish_vecops_using_subcommand search" -l vector-file -d 'A file with a vector; - is stdin' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand search" -l like -d 'The key of a stored row; finds its neighbours' -r
complete -c vecops -n "__fish_vecops_using_subcommand search" -l text -d 'A question in words, embedded with the provider that made the table\'s vectors' -r
complete -c vecops -n "__fish_vecops_using_subcommand search" -l query -d 'One of the questions that come with vecops, for the passages of `vecops seed --builtin`' -r
complete -c vecops -n "__fish_vecops_using_subcommand search" -l provider -d 'The embedding provider of vecops.toml; else the collection\'s, else the only one declared' -r
complete -c vecops -n "__fish_vecops_using_subcommand search" -s n -l limit -d 'The most rows to return' -r
complete -c vecops -n "__fish_vecops_using_subcommand search" -l filter -d 'Only rows whose metadata contain this JSON object' -r
complete -c vecops -n "__fish_vecops_using_subcommand search" -l ef-search -d 'How many candidates the index keeps (hnsw.ef_search); at least the limit' -r
complete -c vecops -n "__fish_vecops_using_subcommand search" -l as -d 'Search as this role, under its row security: anon, authenticated, service_role or `user:<uuid>`' -r
complete -c vecops -n "__fish_vecops_using_subcommand search" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand search" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand search" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand search" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand search" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand search" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand search" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand search" -l no-embedding-cache -d 'Ask the provider for every text, and keep no vector on this machine'
complete -c vecops -n "__fish_vecops_using_subcommand search" -l exact -d 'Compare with every row instead of asking the index'
complete -c vecops -n "__fish_vecops_using_subcommand search" -l explain -d 'Run EXPLAIN (ANALYZE, BUFFERS) on the same statement and show the plan'
complete -c vecops -n "__fish_vecops_using_subcommand search" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand search" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand search" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand search" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand search" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand search" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_using_subcommand export" -s f -l format -d 'What the rows are written as; without it the file\'s name says so, and jsonl is the rest' -r -f -a "jsonl\t'JSON Lines, as `vecops seed` reads them'
csv\t'Comma-separated values with a header, as `COPY ... (FORMAT csv, HEADER)` reads them'
npy\t'The vectors as a NumPy array; the other columns go to FILE.jsonl beside it'
parquet\t'Parquet, its columns with types'
pgcopy\t'Binary COPY, as `COPY ... (FORMAT binary)` reads it'"
complete -c vecops -n "__fish_vecops_using_subcommand export" -s o -l to -d 'The file to write, compressed where it ends in .zst; - is stdout' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand export" -l where -d 'Only rows that meet this condition: SQL, run as your own role in a read-only transaction' -r
complete -c vecops -n "__fish_vecops_using_subcommand export" -l columns -d 'The columns, in this order; without it all that are not generated' -r
complete -c vecops -n "__fish_vecops_using_subcommand export" -s n -l limit -d 'The most rows' -r
complete -c vecops -n "__fish_vecops_using_subcommand export" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand export" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand export" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand export" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand export" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand export" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand export" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand export" -l overwrite -d 'Replace a file that is there already'
complete -c vecops -n "__fish_vecops_using_subcommand export" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand export" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand export" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand export" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand export" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_using_subcommand dump" -l to -d 'The repository: a folder, made where it is not there' -r
complete -c vecops -n "__fish_vecops_using_subcommand dump" -l collection -d 'The tables of this collection of vecops.toml; may be said several times' -r
complete -c vecops -n "__fish_vecops_using_subcommand dump" -l schema -d 'All tables of this schema' -r
complete -c vecops -n "__fish_vecops_using_subcommand dump" -s j -l jobs -d 'How many sessions read at once, each on a connection of its own' -r
complete -c vecops -n "__fish_vecops_using_subcommand dump" -l level -d 'The level of zstd; vectors gain nothing from more than 1' -r
complete -c vecops -n "__fish_vecops_using_subcommand dump" -l codec -d 'How chunks are coded' -r -f -a "zstd\t'Binary COPY in zstd, which `zstd -dc` gives back'
planes\t'Vectors as planes of bytes in zstd: about a tenth smaller; without vecops it needs Python'"
complete -c vecops -n "__fish_vecops_using_subcommand dump" -l stall-timeout -d 'How long nothing may come from the server before a second session asks whether it still works' -r
complete -c vecops -n "__fish_vecops_using_subcommand dump" -l chunk-size -d 'How many MiB of rows a chunk is meant to have' -r
complete -c vecops -n "__fish_vecops_using_subcommand dump" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand dump" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand dump" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand dump" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand dump" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand dump" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand dump" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand dump" -l allow-partial -d 'Take what this role may read, and mark the backup as degraded with each reason (exit code 4)'
complete -c vecops -n "__fish_vecops_using_subcommand dump" -l dry-run -d 'Show what would be dumped, and stop'
complete -c vecops -n "__fish_vecops_using_subcommand dump" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand dump" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand dump" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand dump" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand dump" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand dump" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_using_subcommand verify" -l sample -d 'Decode this part of the chunks, other ones each time' -r
complete -c vecops -n "__fish_vecops_using_subcommand verify" -l against -d 'Compare with the database of this profile; without a name with the chosen one' -r
complete -c vecops -n "__fish_vecops_using_subcommand verify" -s j -l jobs -d 'How many chunks, or ranges of the database, are checked at once' -r
complete -c vecops -n "__fish_vecops_using_subcommand verify" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand verify" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand verify" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand verify" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand verify" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand verify" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand verify" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand verify" -l quick -d 'Only look whether every chunk is there with its size'
complete -c vecops -n "__fish_vecops_using_subcommand verify" -l deep -d 'Decode every chunk and digest its rows'
complete -c vecops -n "__fish_vecops_using_subcommand verify" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand verify" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand verify" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand verify" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand verify" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_using_subcommand backup; and not __fish_seen_subcommand_from list show diff export prune" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand backup; and not __fish_seen_subcommand_from list show diff export prune" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand backup; and not __fish_seen_subcommand_from list show diff export prune" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand backup; and not __fish_seen_subcommand_from list show diff export prune" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand backup; and not __fish_seen_subcommand_from list show diff export prune" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand backup; and not __fish_seen_subcommand_from list show diff export prune" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand backup; and not __fish_seen_subcommand_from list show diff export prune" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand backup; and not __fish_seen_subcommand_from list show diff export prune" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand backup; and not __fish_seen_subcommand_from list show diff export prune" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand backup; and not __fish_seen_subcommand_from list show diff export prune" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand backup; and not __fish_seen_subcommand_from list show diff export prune" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand backup; and not __fish_seen_subcommand_from list show diff export prune" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand backup; and not __fish_seen_subcommand_from list show diff export prune" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_using_subcommand backup; and not __fish_seen_subcommand_from list show diff export prune" -f -a "list" -d 'List the backups of a repository, the oldest first'
complete -c vecops -n "__fish_vecops_using_subcommand backup; and not __fish_seen_subcommand_from list show diff export prune" -f -a "show" -d 'Show what a backup holds'
complete -c vecops -n "__fish_vecops_using_subcommand backup; and not __fish_seen_subcommand_from list show diff export prune" -f -a "diff" -d 'Show what changed between two backups'
complete -c vecops -n "__fish_vecops_using_subcommand backup; and not __fish_seen_subcommand_from list show diff export prune" -f -a "export" -d 'Write a backup\'s tables as Parquet or plain SQL, without a database'
complete -c vecops -n "__fish_vecops_using_subcommand backup; and not __fish_seen_subcommand_from list show diff export prune" -f -a "prune" -d 'Remove old backups, and chunks that no backup names'
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from list" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from list" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from list" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from list" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from list" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from list" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from list" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from list" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from list" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from list" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from list" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from show" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from show" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from show" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from show" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from show" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from show" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from show" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from show" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from show" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from show" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from show" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from diff" -l keys -d 'How many keys of new, changed and removed rows are named for each table' -r
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from diff" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from diff" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from diff" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from diff" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from diff" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from diff" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from diff" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from diff" -l quick -d 'Read no rows: say only which tables and definitions differ'
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from diff" -l exit-code -d 'End with 3 where anything differs'
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from diff" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from diff" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from diff" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from diff" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from diff" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from export" -s f -l format -d 'What is written' -r -f -a "sql\t'One file that psql alone restores'
parquet\t'Columns with types; vectors are lists of 32-bit floats'
jsonl\t'One JSON object a line, as `vecops seed` reads it'
csv\t'Comma-separated values with a header'
pgcopy\t'Binary COPY, one stream a table'"
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from export" -s o -l to -d 'The file of sql, compressed where it ends in .zst, - for stdout; the folder of the other formats' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from export" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from export" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from export" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from export" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from export" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from export" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from export" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from export" -l overwrite -d 'Replace files that are there already'
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from export" -l only-schema -d 'Leave the rows out; for sql'
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from export" -l only-data -d 'Write only rows and the values of sequences, for tables that are there; for sql'
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from export" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from export" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from export" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from export" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from export" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from prune" -l keep -d 'How many complete backups of each database stay; without it all of them' -r
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from prune" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from prune" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from prune" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from prune" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from prune" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from prune" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from prune" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from prune" -l dry-run -d 'Show what would be removed, and stop'
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from prune" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from prune" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from prune" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from prune" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from prune" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand backup; and __fish_seen_subcommand_from prune" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_using_subcommand restore" -l table -d 'Only this table, under its own name or another; may be said several times' -r
complete -c vecops -n "__fish_vecops_using_subcommand restore" -l schema -d 'The schema that tables go to, made where it is not there' -r
complete -c vecops -n "__fish_vecops_using_subcommand restore" -s j -l jobs -d 'How many sessions load at once, each on a connection of its own' -r
complete -c vecops -n "__fish_vecops_using_subcommand restore" -l maintenance-work-mem -d 'The memory for building an index, as in 2GB; without it, what the graph needs and the server can spare' -r
complete -c vecops -n "__fish_vecops_using_subcommand restore" -l parallel-workers -d 'The most workers that build an index besides the session; without it, what the server allows' -r
complete -c vecops -n "__fish_vecops_using_subcommand restore" -l stall-timeout -d 'How long nothing may come from the server before a second session asks whether it still works' -r
complete -c vecops -n "__fish_vecops_using_subcommand restore" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand restore" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand restore" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand restore" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand restore" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand restore" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand restore" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand restore" -l only-data -d 'Load rows into tables that are there and empty'
complete -c vecops -n "__fish_vecops_using_subcommand restore" -l only-schema -d 'Make everything but the rows'
complete -c vecops -n "__fish_vecops_using_subcommand restore" -l drop-existing -d 'Drop tables that are there before theirs are made'
complete -c vecops -n "__fish_vecops_using_subcommand restore" -l swap -d 'Put the restored tables in the place of those that are there, which are kept in a schema of their own'
complete -c vecops -n "__fish_vecops_using_subcommand restore" -l restart -d 'Drop what an unfinished run of the same restore has made, and begin anew'
complete -c vecops -n "__fish_vecops_using_subcommand restore" -l dry-run -d 'Show what would be restored, and stop'
complete -c vecops -n "__fish_vecops_using_subcommand restore" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand restore" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand restore" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand restore" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand restore" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand restore" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_using_subcommand bench; and not __fish_seen_subcommand_from run compare assert exact report" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand bench; and not __fish_seen_subcommand_from run compare assert exact report" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand bench; and not __fish_seen_subcommand_from run compare assert exact report" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand bench; and not __fish_seen_subcommand_from run compare assert exact report" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand bench; and not __fish_seen_subcommand_from run compare assert exact report" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand bench; and not __fish_seen_subcommand_from run compare assert exact report" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand bench; and not __fish_seen_subcommand_from run compare assert exact report" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand bench; and not __fish_seen_subcommand_from run compare assert exact report" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand bench; and not __fish_seen_subcommand_from run compare assert exact report" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand bench; and not __fish_seen_subcommand_from run compare assert exact report" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand bench; and not __fish_seen_subcommand_from run compare assert exact report" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand bench; and not __fish_seen_subcommand_from run compare assert exact report" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand bench; and not __fish_seen_subcommand_from run compare assert exact report" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_using_subcommand bench; and not __fish_seen_subcommand_from run compare assert exact report" -f -a "run" -d 'Measure recall, latency, buffers and plans of queries on a collection or table'
complete -c vecops -n "__fish_vecops_using_subcommand bench; and not __fish_seen_subcommand_from run compare assert exact report" -f -a "compare" -d 'Compare two reports of `vecops bench run --json`; ends with 3 where something got worse beyond the noise'
complete -c vecops -n "__fish_vecops_using_subcommand bench; and not __fish_seen_subcommand_from run compare assert exact report" -f -a "assert" -d 'Check a file of expectations about queries, for CI; ends with 3 where one is not met'
complete -c vecops -n "__fish_vecops_using_subcommand bench; and not __fish_seen_subcommand_from run compare assert exact report" -f -a "exact" -d 'Find the exact nearest rows of every query, on this machine'
complete -c vecops -n "__fish_vecops_using_subcommand bench; and not __fish_seen_subcommand_from run compare assert exact report" -f -a "report" -d 'Write a report of `vecops bench run --json` as HTML, Markdown or JSON'
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from run" -l queries -d 'A file of vectors: JSON Lines (an array, or an object with `embedding`), Parquet, .npy, .fvecs, .bvecs; - is stdin' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from run" -l queries-sql -d 'What the application asked: the vectors in the first column of this SELECT' -r
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from run" -l queries-table -d 'What the application asked: the vectors of this table, as schema.table or schema.table.column' -r
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from run" -l held-out -d 'Rows that were kept out of the table, and are in this one' -r
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from run" -l stored -d 'So many rows of the table itself, each left out of its own answer: flatters recall' -r
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from run" -l most -d 'At most so many queries: the first of a file (without it all), or of a table some by their digest (without it 1000)' -r
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from run" -s k -l k -d 'How many neighbours a query asks for: one case each' -r
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from run" -l ef-search -d 'How many candidates an HNSW scan keeps: one configuration each' -r
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from run" -l probes -d 'How many lists an IVFFlat scan looks into: one configuration each' -r
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from run" -l iterative-scan -d 'Whether an HNSW scan goes on where a filter takes rows away: one configuration each' -r -f -a "off\t'It stops after ef_search rows'
relaxed_order\t'It goes on; rows may come slightly out of order'
strict_order\t'It goes on, in order'"
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from run" -l filter -d 'Only rows whose metadata contain this JSON object: one case each; {} keeps all that have metadata' -r
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from run" -l as -d 'Run the queries as this role, under its row security: anon, authenticated, service_role or `user:<uuid>`; one case each' -r
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from run" -l passes -d 'How many times each query is timed under each configuration' -r
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from run" -l cold -d 'Before anything else, let so many queries each be the first one of a new connection, under each configuration' -r
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from run" -l clients -d 'Then let so many clients ask at once, under each configuration' -r
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from run" -l duration -d 'For how long the clients ask' -r
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from run" -l rate -d 'How many queries a second are due, times counted from then; without it each client asks as fast as it can' -r
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from run" -l seed -d 'Draws the order of the queries' -r
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from run" -l report -d 'Also write a report to keep: .html, .md with its plots beside it, or .json' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from run" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from run" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from run" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from run" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from run" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from run" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from run" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from run" -l builtin -d 'The questions that come with vecops, for the passages of `vecops seed --builtin`'
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from run" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from run" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from run" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from run" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from run" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from compare" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from compare" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from compare" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from compare" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from compare" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from compare" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from compare" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from compare" -l unlike -d 'Compare although more than the index differs: another server, other settings, other queries'
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from compare" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from compare" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from compare" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from compare" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from compare" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from compare" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from assert" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from assert" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from assert" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from assert" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from assert" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from assert" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from assert" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from assert" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from assert" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from assert" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from assert" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from assert" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from assert" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from exact" -l queries -d 'A file of vectors: JSON Lines (an array, or an object with `embedding`), Parquet, .npy, .fvecs, .bvecs; - is stdin' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from exact" -l queries-sql -d 'What the application asked: the vectors in the first column of this SELECT' -r
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from exact" -l queries-table -d 'What the application asked: the vectors of this table, as schema.table or schema.table.column' -r
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from exact" -l held-out -d 'Rows that were kept out of the table, and are in this one' -r
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from exact" -l stored -d 'So many rows of the table itself, each left out of its own answer: flatters recall' -r
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from exact" -l most -d 'At most so many queries: the first of a file (without it all), or of a table some by their digest (without it 1000)' -r
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from exact" -s k -l k -d 'How many neighbours of each query to find' -r
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from exact" -l filter -d 'Only rows whose metadata contain this JSON object' -r
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from exact" -l as -d 'Only rows that this role may see: anon, authenticated, service_role or `user:<uuid>`' -r
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from exact" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from exact" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from exact" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from exact" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from exact" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from exact" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from exact" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from exact" -l builtin -d 'The questions that come with vecops, for the passages of `vecops seed --builtin`'
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from exact" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from exact" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from exact" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from exact" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from exact" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from exact" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from report" -s o -l to -d 'The file to write: .html, .md with its plots beside it, or .json' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from report" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from report" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from report" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from report" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from report" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from report" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from report" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from report" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from report" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from report" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from report" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from report" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand bench; and __fish_seen_subcommand_from report" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_using_subcommand provider; and not __fish_seen_subcommand_from list check cache clear" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand provider; and not __fish_seen_subcommand_from list check cache clear" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand provider; and not __fish_seen_subcommand_from list check cache clear" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand provider; and not __fish_seen_subcommand_from list check cache clear" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand provider; and not __fish_seen_subcommand_from list check cache clear" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand provider; and not __fish_seen_subcommand_from list check cache clear" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand provider; and not __fish_seen_subcommand_from list check cache clear" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand provider; and not __fish_seen_subcommand_from list check cache clear" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand provider; and not __fish_seen_subcommand_from list check cache clear" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand provider; and not __fish_seen_subcommand_from list check cache clear" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand provider; and not __fish_seen_subcommand_from list check cache clear" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand provider; and not __fish_seen_subcommand_from list check cache clear" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand provider; and not __fish_seen_subcommand_from list check cache clear" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_using_subcommand provider; and not __fish_seen_subcommand_from list check cache clear" -f -a "list" -d 'List the providers of vecops.toml, and whether their keys are set'
complete -c vecops -n "__fish_vecops_using_subcommand provider; and not __fish_seen_subcommand_from list check cache clear" -f -a "check" -d 'Embed one sentence and show what came back'
complete -c vecops -n "__fish_vecops_using_subcommand provider; and not __fish_seen_subcommand_from list check cache clear" -f -a "cache" -d 'Show the embeddings that are kept on this machine, by model'
complete -c vecops -n "__fish_vecops_using_subcommand provider; and not __fish_seen_subcommand_from list check cache clear" -f -a "clear" -d 'Remove embeddings that are kept on this machine; they are paid for again when they are needed'
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from list" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from list" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from list" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from list" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from list" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from list" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from list" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from list" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from list" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from list" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from list" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from check" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from check" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from check" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from check" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from check" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from check" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from check" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from check" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from check" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from check" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from check" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from check" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from cache" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from cache" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from cache" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from cache" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from cache" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from cache" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from cache" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from cache" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from cache" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from cache" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from cache" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from cache" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from cache" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from clear" -l model -d 'Only those of this model' -r
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from clear" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from clear" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from clear" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from clear" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from clear" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from clear" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from clear" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from clear" -l dry-run -d 'Show what would be removed'
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from clear" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from clear" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from clear" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from clear" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from clear" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand provider; and __fish_seen_subcommand_from clear" -s V -l version -d 'Print version'
complete -c vecops -n "__fish_vecops_using_subcommand synthesize" -s n -l rows -d 'The number of rows' -r
complete -c vecops -n "__fish_vecops_using_subcommand synthesize" -l dimensions -d 'The dimensions of each vector' -r
complete -c vecops -n "__fish_vecops_using_subcommand synthesize" -l intrinsic-dimensions -d 'The dimensions of the surface that the vectors lie near: the more, the harder for an index' -r
complete -c vecops -n "__fish_vecops_using_subcommand synthesize" -l clusters -d 'The number of clusters' -r
complete -c vecops -n "__fish_vecops_using_subcommand synthesize" -l noise -d 'The size of the noise, as a part of the vector\'s length' -r
complete -c vecops -n "__fish_vecops_using_subcommand synthesize" -l seed -d 'What the random numbers start from' -r
complete -c vecops -n "__fish_vecops_using_subcommand synthesize" -s f -l format -d 'What the rows are written as; without it the file\'s name says so, and jsonl is the rest' -r -f -a "jsonl\t'JSON Lines, as `vecops seed` reads them'
npy\t'The vectors as a NumPy array; the other columns go to FILE.jsonl beside it'"
complete -c vecops -n "__fish_vecops_using_subcommand synthesize" -s o -l to -d 'The file to write, compressed where it ends in .zst; - is stdout' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand synthesize" -s p -l profile -d 'The profile to work on [env: VECOPS_PROFILE]' -r
complete -c vecops -n "__fish_vecops_using_subcommand synthesize" -l db-url -d 'A connection URL instead of a profile [env: VECOPS_DB_URL]' -r
complete -c vecops -n "__fish_vecops_using_subcommand synthesize" -l config -d 'The vecops.toml to read, instead of the nearest one upward' -r -F
complete -c vecops -n "__fish_vecops_using_subcommand synthesize" -l output-format -d 'What stdout carries' -r -f -a "text\t'Text for people'
json\t'One versioned JSON document'
stream-json\t'One JSON object a line: rows first, the document last'"
complete -c vecops -n "__fish_vecops_using_subcommand synthesize" -l progress -d 'How progress is shown' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
bar\t'Bars, after the first 250 ms'
line\t'A line every ten seconds'
json\t'One JSON object a line, on stderr'
none\t'Nothing'"
complete -c vecops -n "__fish_vecops_using_subcommand synthesize" -l color -d 'When to use colours [env: NO_COLOR]' -r -f -a "auto\t'On terminals, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c vecops -n "__fish_vecops_using_subcommand synthesize" -l confirm -d 'The profile\'s name, as consent to destructive work on a protected profile' -r
complete -c vecops -n "__fish_vecops_using_subcommand synthesize" -l overwrite -d 'Replace a file that is there already'
complete -c vecops -n "__fish_vecops_using_subcommand synthesize" -l json -d 'The same as --output-format json'
complete -c vecops -n "__fish_vecops_using_subcommand synthesize" -s q -l quiet -d 'No progress and no notes; results, warnings and errors stay'
complete -c vecops -n "__fish_vecops_using_subcommand synthesize" -s v -l verbose -d 'More diagnosis on stderr; repeat for more [env: VECOPS_LOG]'
complete -c vecops -n "__fish_vecops_using_subcommand synthesize" -s y -l yes -d 'Consent to changes without being asked [env: VECOPS_YES]'
complete -c vecops -n "__fish_vecops_using_subcommand synthesize" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vecops -n "__fish_vecops_using_subcommand synthesize" -s V -l version -d 'Print version'
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
