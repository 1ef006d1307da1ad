package cluster_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/karezflow/karez/deploy/chaos/cluster"
)

// An engine that was started a second time would be out of reach, and hold its data folder.
func TestAnEngineThatRunsIsNotStartedAgain(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "engine")
	if err := os.WriteFile(program, []byte("#!/bin/sh\necho '{\"url\":\"http://127.0.0.1:1\"}'\nexec sleep 600\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	engine := cluster.NewEngine(cluster.Setting{Program: program, Data: dir, Notes: filepath.Join(dir, "notes")})
	t.Cleanup(engine.Kill)
	if err := engine.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	first, _ := engine.PIDs()
	if err := engine.Start(t.Context()); !errors.Is(err, cluster.ErrRuns) {
		t.Errorf("started again: %v", err)
	}
	if still, _ := engine.PIDs(); still != first {
		t.Errorf("process %d became %d", first, still)
	}
	engine.Kill()
	if err := engine.Start(t.Context()); err != nil {
		t.Errorf("after its end: %v", err)
	}
}
