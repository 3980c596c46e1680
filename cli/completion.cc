// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace softfleet {

std::string CompletionScript(const std::string& shell,
                             const CommandWords& commands) {
  std::vector<std::string> names;
  std::string cases;
  for (const auto& [name, words] : commands) {
    names.push_back(name);
    absl::StrAppend(&cases, "    ", name, ") words=\"",
                    absl::StrJoin(words, " "), "\" ;;\n");
  }
  const std::string script = absl::StrCat(
      "_softfleet() {\n"
      "  local current=\"${COMP_WORDS[COMP_CWORD]}\"\n"
      "  local previous=\"${COMP_WORDS[COMP_CWORD-1]}\"\n"
      "  local words\n"
      "  case \"${COMP_WORDS[1]}\" in\n",
      cases, "    *) words=\"\" ;;\n  esac\n",
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
      "    words=\"",
      absl::StrJoin(names, " "),
      " --help --version\"\n"
      "  elif [ \"${previous#--}\" != \"$previous\" ] &&\n"
      "       [ \"${current#-}\" = \"$current\" ]; then\n"
      "    COMPREPLY=($(compgen -f -- \"$current\"))\n"
      "    return\n"
      "  fi\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
      "}\n"
      "complete -o filenames -F _softfleet softfleet\n");
  if (shell != "zsh") return script;
  return absl::StrCat("autoload -U +X bashcompinit && bashcompinit\n", script);
}

}  // namespace softfleet
