// libxml2's push parser and its errors; no shim is needed to call them from Swift.
//
// Debian's libxml2 is built with ICU, whose headers would come along. Swift's Foundation has an ICU of its own
// with other enumerations, and a target that imports both would not compile: so leave it out. It only
// changes fields of the character encoding handlers, which nobody here allocates or reads.
#include <libxml/xmlversion.h>
#undef LIBXML_ICU_ENABLED
#include <libxml/parser.h>
#include <libxml/xmlerror.h>
