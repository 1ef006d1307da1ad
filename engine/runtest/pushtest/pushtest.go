// Package pushtest is the behaviour that pushing needs of a store: claims, intents,
// outcomes of documents and deliveries, queued revisions and runs.
//
// It may import testing, engine/ledger and worldtest: never a database; only packages
// that end in test import it.
package pushtest

import (
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
)

// Areas lists the scenarios.
func Areas() []worldtest.Area {
	return []worldtest.Area{
		{Name: "claim", Scenarios: claimScenarios()},
		{Name: "intent", Scenarios: intentScenarios()},
		{Name: "steps", Scenarios: stepScenarios()},
		{Name: "feed", Scenarios: feedScenarios()},
		{Name: "outcome", Scenarios: outcomeScenarios()},
		{Name: "answer", Scenarios: answerScenarios()},
		{Name: "queue", Scenarios: queueScenarios()},
		{Name: "run", Scenarios: runScenarios()},
	}
}

func rec(key, contents string) ledger.Incoming { return worldtest.Rec(key, contents) }

func done(in ledger.Intent) ledger.Resolution { return worldtest.Done(in) }

// overtaken sends document "a" under a claim that runs out, and claims it anew.
func overtaken(w *worldtest.World) (late ledger.Work, in ledger.Intent, work ledger.Work) {
	w.Helper()
	id := w.Pull(rec("a", "1")).Work[0]
	late = w.Claim(id, "one")
	in = w.Send(late, "a", "t")
	w.Now = w.Now.Add(worldtest.Lease)
	return late, in, w.Claim(id, "two")
}
