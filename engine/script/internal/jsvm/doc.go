// Package jsvm runs one script over documents inside the current process. Only
// a script worker may do that: nothing here bounds memory, and a native call of
// the interpreter does not answer to a deadline, so the process must be one that
// can be killed.
//
// A document is never decoded as a whole. It is a lazy object over its raw text:
// a member is read when the script asks for it, and what the script leaves alone
// goes out with the bytes it came in by. Numbers that a float64 cannot carry
// become exact decimals that refuse to be converted silently.
//
// Every document meets a fresh interpreter, so nothing that a script does to
// globals or prototypes reaches the next one. The clock a script sees is the end
// of the document's pull window and its random numbers follow from the
// document's key and revision: running a document again gives the same result.
//
// This is the only package that knows the interpreter. It may import goja, the
// decimal library, jsontext beside it, sdk/fault, sdk/item and the standard
// library; never the engine, a store or anything that opens files or connections.
package jsvm
