--- pktcraft completion: what shells need to complete commands, options and fields.
local command = require "pktcraft.command"
local argparse = require "argparse"

local parser = command.parser("completion", "What a shell needs to complete commands, options, and names of fields.",
  nil, {
    "source <(pktcraft completion bash)",
    "pktcraft completion zsh > ~/.zfunc/_pktcraft      # a folder of $fpath",
    "pktcraft completion fish > ~/.config/fish/completions/pktcraft.fish",
  })
parser:argument("shell", "bash, zsh or fish."):choices { "bash", "zsh", "fish" }
local shell = command.parse(parser).shell

local root = argparse("pktcraft", "Runs scripts, and commands for daily work.")
command.collect(root)

-- Of words that are no options: files, and what can be said in filters.
local more <const> = {
  bash = [=[

_pktcraft_names() {
    local cur="${COMP_WORDS[COMP_CWORD]}" word name
    _pktcraft
    word="${cur##*[!a-z0-9_.]}"
    if [[ ${#COMPREPLY[@]} -eq 0 && "$cur" != -* && -n "$word" ]]; then
        COMPREPLY=($(compgen -f -- "$cur"))
        for name in $(compgen -W "$(pktcraft fields --names)" -- "$word"); do
            COMPREPLY+=("${cur%"$word"}$name")
        done
        [[ ${#COMPREPLY[@]} -eq 1 && -f "${COMPREPLY[0]}" ]] || compopt -o nospace
    fi
}

complete -F _pktcraft_names -o bashdefault -o default pktcraft
]=],
  fish = [[
for command in show filter stats diff capture convert split edit
    complete -c pktcraft -n "__fish_seen_subcommand_from $command" -a '(pktcraft fields --names)'
end
]],
  zsh = "",
}

local text = root["get_" .. shell .. "_complete"](root)
if shell == "zsh" then
  -- Words that are filters or statements: names of fields as well as files.
  text = text:gsub('("%*?:[^"]*:)_files"', '%1_pktcraft_word"')
  text = text:gsub("\n_pktcraft%(%) {", [[

_pktcraft_word() {
  local -a names
  names=(${(f)"$(pktcraft fields --names)"})
  _alternative 'files:file:_files' 'fields:field:compadd -a names'
}
%0]], 1)
end
command.write(text, more[shell])
