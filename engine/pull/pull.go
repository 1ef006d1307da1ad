// Package pull reads sources: it splits time into windows, pages through each,
// detects pages that shift, and commits every page with its documents before it
// asks for the next.
//
// It may import engine/ledger, engine/plan, engine/value and the sdk: never a
// database, a connector process or another side of the engine.
package pull
