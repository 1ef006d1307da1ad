package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// event is a line of `go test -json`.
type event struct {
	Action string `json:"Action"`
	Test   string `json:"Test"`
	Output string `json:"Output"`
}

// system is a connector without a sandbox and the servers that its Go test needs any of.
type system struct {
	connector string
	servers   []string
}

// withoutSandbox tries the connectors that have no sandbox to be tried at: the same suite runs
// in their Go tests, in front of the servers that the environment names. With none there is
// nothing to try.
func withoutSandbox(ctx context.Context) ([]report, error) {
	var all []report
	for _, s := range []system{
		{"sql", []string{"KAREZ_TEST_MYSQL", "KAREZ_TEST_POSTGRES"}},
		{"tryton", []string{"KAREZ_TEST_TRYTON"}},
	} {
		reports, err := s.try(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, reports...)
	}
	return all, nil
}

func (s system) try(ctx context.Context) ([]report, error) {
	if !slices.ContainsFunc(s.servers, func(name string) bool { return os.Getenv(name) != "" }) {
		return nil, nil
	}
	//nolint:gosec // the connectors above
	cmd := exec.CommandContext(ctx, "go", "test", "-json", "-count=1", "-run", "^TestConformance$", "./plugins/"+s.connector)
	cmd.Stderr = os.Stderr
	text, err := cmd.Output()
	reports, bad := read(s.connector, bytes.NewReader(text))
	if len(reports) == 0 {
		return nil, errors.Join(errors.New("the connector "+s.connector+" could not be examined"), err, bad)
	}
	return reports, bad
}

// read makes a report of what the suite said of each system: TestConformance/SYSTEM/BEHAVIOUR.
func read(connector string, events io.Reader) ([]report, error) {
	var reports []report
	said := map[string][]string{}
	for d := json.NewDecoder(events); ; {
		var e event
		if err := d.Decode(&e); errors.Is(err, io.EOF) {
			return reports, nil
		} else if err != nil {
			return nil, err
		}
		parts := strings.SplitN(e.Test, "/", 3)
		if len(parts) < 3 {
			continue
		}
		if e.Action == "output" {
			if line := strings.TrimSpace(e.Output); !strings.HasPrefix(line, "=== ") && !strings.HasPrefix(line, "--- ") {
				said[e.Test] = append(said[e.Test], line)
			}
			continue
		}
		if e.Action != "pass" && e.Action != "fail" {
			continue
		}
		system := " (" + parts[1] + ")"
		if len(reports) == 0 || reports[len(reports)-1].plan != system {
			reports = append(reports, report{Connector: connector, OK: true, plan: system})
		}
		r := &reports[len(reports)-1]
		r.OK = r.OK && e.Action == "pass"
		r.Checks = append(r.Checks, check{Name: strings.ReplaceAll(parts[2], "_", " "), OK: e.Action == "pass", Problems: said[e.Test]})
	}
}
