package cluster_test

import (
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/app/cluster"
	"github.com/karezflow/karez/server/bus"
)

func TestDiagnose(t *testing.T) {
	t.Parallel()
	for _, stream := range []bool{true, false} {
		s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: -1, JetStream: stream, StoreDir: t.TempDir(), NoLog: true, NoSigs: true})
		if err != nil {
			t.Fatal(err)
		}
		s.Start()
		if !s.ReadyForConnections(20 * time.Second) {
			t.Fatal("the server does not start")
		}
		text, err := cluster.Diagnose(t.Context(), bus.NatsConfig{URL: s.ClientURL(), Patient: true})
		switch {
		case stream && (err != nil || !strings.Contains(text, "NATS "+server.VERSION+", alone, hints on 1")):
			t.Errorf("%q, %v", text, err)
		case !stream && fault.CodeOf(err) != "bus.unusable":
			t.Errorf("without JetStream: %q, %v", text, err)
		}
		s.Shutdown()
		s.WaitForShutdown()
		if text, err := cluster.Diagnose(t.Context(), bus.NatsConfig{URL: s.ClientURL(), Patient: true}); fault.CodeOf(err) != "bus.unusable" || fault.From(err).Hint == "" {
			t.Errorf("a server that is gone: %q, %v", text, err)
		}
	}
	if text, err := cluster.Diagnose(t.Context(), bus.NatsConfig{}); text != "" || err != nil {
		t.Errorf("inside the process: %q, %v", text, err)
	}
}

func TestOldServers(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]bool{"2.10.0": false, "2.15.2": false, "3.0.1": false, "2.9.25": true, "1.4.1": true, "": true, "x.y": true} {
		if cluster.Old(version) != want {
			t.Errorf("%q is old: %t", version, !want)
		}
	}
}
