package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestReport(t *testing.T) {
	t.Parallel()
	r := report{Settings: "some", Contestants: []result{
		{Name: "limit", Runs: []figures{{Documents: 1000, Seconds: 1, CPU: 1, MiB: 10}, {Documents: 1000, Seconds: 2, CPU: 2, MiB: 11}, {Documents: 1000, Seconds: 4, CPU: 4, MiB: 9}}},
		{Name: "product", Runs: []figures{{Documents: 500, Seconds: 2, CPU: 4, MiB: 100}, {Documents: 500, Seconds: 4, CPU: 8, MiB: 120}, {Documents: 500, Seconds: 40, CPU: 8, MiB: 110}}},
	}}
	file := filepath.Join(t.TempDir(), "figures.json")
	var out strings.Builder
	if err := r.print(&out, file); err != nil {
		t.Fatal(err)
	}
	if want := "| product | 125 | 12–250 | 0.250 | 1600.00 | 800.00–1600.00 | 8.00 | 120 | 0 |"; !strings.Contains(out.String(), want) {
		t.Errorf("%s is not in\n%s", want, out.String())
	}
	text, err := os.ReadFile(file)
	var read report
	if err != nil || json.Unmarshal(text, &read) != nil || read.Contestants[1].TimesFirst != 0.25 || !strings.Contains(out.String(), string(text)) {
		t.Errorf("%s, %v", text, err)
	}
}

func TestArguments(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-rounds", "0"}, {"-docs", "50"}, {"-docs", "150"}, {"-limit-docs", "0"}, {"-nonsense"}} {
		if _, err := parse(args); err == nil {
			t.Error(args)
		}
	}
}

// TestWrongProgram has a program measured that moves nothing.
func TestWrongProgram(t *testing.T) {
	t.Parallel()
	bin := t.TempDir()
	if err := os.MkdirAll(filepath.Join(bin, "bench"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(bin, "bench", "limit"), []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	err := run(context.Background(), []string{"-bin", bin, "-rounds", "1", "-docs", "100", "-limit-docs", "100"}, &out, time.Now)
	if err == nil || !strings.Contains(err.Error(), "limit (sonic), round 1: the program ended before all bills came") || out.Len() > 0 {
		t.Errorf("%v\n%s", err, out.String())
	}
}
