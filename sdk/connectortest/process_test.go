package connectortest_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/connectortest"
	"github.com/karezflow/karez/sdk/protocol"
)

// serveKey makes this test binary serve the subject, as its author's executable would.
const serveKey = "KAREZ_TEST_SERVE"

func TestMain(m *testing.M) {
	if os.Getenv(serveKey) != "" {
		protocol.Serve(&served{subject: newSubject("")})
		return
	}
	os.Exit(m.Run())
}

// served is the subject in a process of its own. What a harness does to a vendor
// reaches it as operations that begin with "vendor.".
type served struct {
	*subject
	held chan struct{}
}

func (s *served) Manifest() []byte { return []byte(subjectManifest) }

func (s *served) Open(_ context.Context, a connector.Account, _ connector.Host) (connector.Session, error) {
	return &servedSession{session: session{subject: s.subject, token: a.Secrets["token"]}, all: s}, nil
}

type servedSession struct {
	session
	all *served
}

func (s *servedSession) Query(ctx context.Context, req connector.QueryRequest) (connector.Page, error) {
	switch req.Operation {
	case "vendor.lose":
		s.mu.Lock()
		defer s.mu.Unlock()
		s.lose = true
	case "vendor.count":
		s.mu.Lock()
		defer s.mu.Unlock()
		return connector.Page{Total: len(s.objects[string(req.Params)])}, nil
	case "vendor.stall":
		held := make(chan struct{})
		s.all.held = held
		s.stalled.Store(&held)
	case "vendor.held":
		select {
		case <-s.all.held:
		case <-ctx.Done():
		}
	case "vendor.go on":
		s.stalled.Store(nil)
	default:
		return s.session.Query(ctx, req)
	}
	return connector.Page{Rows: []byte("[]")}, nil
}

// The suite is the same over a real process.
func TestSubjectOverAProcess(t *testing.T) { // not parallel: Exercise looks for goroutines
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	process, err := protocol.Dial(t.Context(), protocol.Config{
		Child: protocol.Command(self, nil, []string{serveKey + "=1"}, os.Stderr),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { process.Stop(context.Background()) })
	local := newSubject("")
	h := local.harness()
	open := func(token string) func(connectortest.T) connector.Session {
		return func(t connectortest.T) connector.Session {
			t.Helper()
			s, err := process.Connector.Open(t.Context(), connector.Account{ID: "c", Secrets: map[string]string{"token": token}}, local.host)
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
	}
	control := open(goodToken)(t)
	vendor := func(operation, params string) int {
		page, err := control.Query(context.Background(), connector.QueryRequest{Operation: "vendor." + operation, Params: []byte(params)})
		if err != nil {
			t.Errorf("%s: %v", operation, err)
		}
		return page.Total
	}
	h.Open, h.OpenBad = open(goodToken), open(badToken)
	h.Prompt = 5 * time.Second
	h.Stall = func(t connectortest.T) <-chan struct{} {
		t.Helper()
		vendor("stall", "")
		ctx, cancel := context.WithCancel(context.Background())
		held, ended := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(ended)
			for ctx.Err() == nil {
				_, err := control.Query(ctx, connector.QueryRequest{Operation: "vendor.held"})
				if err != nil {
					continue
				}
				select {
				case held <- struct{}{}:
				case <-ctx.Done():
				}
			}
		}()
		t.Cleanup(func() {
			cancel()
			<-ended
			vendor("go on", "")
		})
		return held
	}
	for i := range h.Writes {
		w := &h.Writes[i]
		w.LoseAnswer = func(connectortest.T) { vendor("lose", "") }
		w.Count = func(_ connectortest.T, key string) int { return vendor("count", w.Operation+key) }
	}
	connectortest.Exercise(t, h)
	if err := control.Close(t.Context()); err != nil {
		t.Error(err)
	}
}
