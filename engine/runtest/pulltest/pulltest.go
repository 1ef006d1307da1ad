// Package pulltest is the behaviour that pulling needs of a store: streams, pages,
// records that were seen before, windows and documents held by them until they are
// read for good.
//
// It may import engine/ledger and worldtest: never a database; only packages that
// end in test import it.
package pulltest

import (
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
)

// Areas lists the scenarios.
func Areas() []worldtest.Area {
	return []worldtest.Area{
		{Name: "stream", Scenarios: streamScenarios()},
		{Name: "page", Scenarios: pageScenarios()},
		{Name: "reread", Scenarios: rereadScenarios()},
		{Name: "window", Scenarios: windowScenarios()},
		{Name: "hold", Scenarios: holdScenarios()},
		{Name: "withdraw", Scenarios: withdrawScenarios()},
		{Name: "numbers", Scenarios: numberScenarios()},
		{Name: "reading", Scenarios: readingScenarios()},
	}
}

func rec(key, contents string) ledger.Incoming { return worldtest.Rec(key, contents) }
