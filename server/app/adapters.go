package app

import (
	"context"
	"log/slog"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/script"
	"github.com/karezflow/karez/sdk/node"
	"github.com/karezflow/karez/server/draft"
)

// scripts gives the planner the pool of script workers.
type scripts struct {
	pool *script.Pool
	log  *slog.Logger
}

func newScripts(log *slog.Logger) (*script.Pool, error) {
	self, err := executable()
	if err != nil {
		return nil, err
	}
	return script.NewPool(script.Config{Command: []string{self, scriptWorker}, Log: log}), nil
}

// Compile implements plan.Scripts.
func (s scripts) Compile(ctx context.Context, source string, params []byte, zone string) (node.Script, error) {
	compiled, err := s.pool.Compile(ctx, source)
	if err != nil {
		return nil, err
	}
	return compiled.With(script.Env{Params: params, Zone: zone, Log: func(e script.Entry) {
		s.log.InfoContext(context.WithoutCancel(ctx), "script", "document", e.Key, "level", e.Level, "text", e.Text)
	}}), nil
}

// versions gives the execution service published documents.
type versions struct{ drafts *draft.Service }

// Load implements execution.Versions.
func (v versions) Load(ctx context.Context, version ledger.ID) (ledger.ID, *flow.Document, map[string]int, error) {
	loaded, doc, numbers, err := v.drafts.Load(ctx, version)
	return loaded.Workspace, doc, numbers, err
}
