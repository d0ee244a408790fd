// libxml2's push parser and its errors; no shim is needed to call them from Swift.
#include <libxml/parser.h>
#include <libxml/xmlerror.h>
