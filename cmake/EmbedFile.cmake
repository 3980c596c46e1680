# SPDX-License-Identifier: Apache-2.0
# cmake -DINPUT=file -DOUTPUT=file.cc -DNAME=kArray -P EmbedFile.cmake
# Writes `extern const unsigned char NAME[]` and NAME_size.
file(READ ${INPUT} hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
string(REGEX REPLACE "(................................................................................)" "\\1\n" bytes "${bytes}")
file(WRITE ${OUTPUT} "// Generated from ${INPUT}.\n\
#include <cstddef>\n\
namespace softfleet {\n\
extern const unsigned char ${NAME}[];\n\
extern const size_t ${NAME}Size;\n\
const unsigned char ${NAME}[] = {\n${bytes}\n};\n\
const size_t ${NAME}Size = sizeof(${NAME});\n\
}  // namespace softfleet\n")
