// Package script runs JavaScript over documents in worker processes of the same
// binary, never in the engine's own. A worker that hangs, eats its memory or dies
// takes one document with it: the pool kills it, blames the document it died on
// and lets the neighbours go on in another worker.
//
// The parent speaks with a worker over its standard input and output, a batch of
// documents as one length-prefixed frame. A worker starts with an empty
// environment in its own process group, bounds its own memory, processor time and
// open files, and gives up files, network and other programs before it reads the
// first script. It dies with its parent and is replaced after a number of calls.
//
// What a script sees and may do is the matter of internal/jsvm. The package may
// import sdk/fault, sdk/item, sdk/node, internal/jsvm, engine/sysfilter and golang.org/x/sys; never
// a store, the server, nodes or the interpreter itself.
package script
