package v1_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/protocol/peer"
	v1 "github.com/karezflow/karez/sdk/protocol/v1"
	"github.com/karezflow/karez/sdk/protocol/v1/pb"
)

var update = flag.Bool("update", false, "add new lines to testdata/wire.txt")

// The golden lists every field and method of the protocol. Lines are only added:
// one that is missing means that a released connector would be misread.
func TestWireNeverChanges(t *testing.T) {
	t.Parallel()
	golden := filepath.Join("testdata", "wire.txt")
	text, err := os.ReadFile(golden)
	if err != nil && !*update {
		t.Fatal(err)
	}
	released := strings.FieldsFunc(string(text), func(r rune) bool { return r == '\n' })
	now := describe(pb.File_connector_proto)
	for _, line := range released {
		if !slices.Contains(now, line) {
			t.Errorf("gone or changed: %s", line)
		}
	}
	added := slices.DeleteFunc(slices.Clone(now), func(line string) bool { return slices.Contains(released, line) })
	switch {
	case len(added) == 0 || t.Failed():
	case *update:
		if err := os.WriteFile(golden, []byte(strings.Join(now, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("not in %s yet (run with -update):\n%s", golden, strings.Join(added, "\n"))
	}
}

func describe(file protoreflect.FileDescriptor) []string {
	var lines []string
	for i := range file.Messages().Len() {
		message := file.Messages().Get(i)
		for j := range message.Fields().Len() {
			f := message.Fields().Get(j)
			kind := f.Kind().String()
			switch {
			case f.IsMap():
				kind = fmt.Sprintf("map<%s, %s>", f.MapKey().Kind(), f.MapValue().Kind())
			case f.Message() != nil:
				kind = string(f.Message().FullName())
			}
			lines = append(lines, fmt.Sprintf("%s %d %s %s %s", message.Name(), f.Number(), f.Cardinality(), kind, f.Name()))
		}
	}
	for i := range file.Services().Len() {
		service := file.Services().Get(i)
		for j := range service.Methods().Len() {
			m := service.Methods().Get(j)
			lines = append(lines, fmt.Sprintf("%s(%s) %s", m.FullName(), m.Input().Name(), m.Output().Name()))
		}
	}
	slices.Sort(lines)
	return lines
}

func TestUnknownFieldsAreIgnored(t *testing.T) {
	t.Parallel()
	r := newRig(t, opening(&fakeSession{check: func(context.Context) (connector.Health, error) {
		return connector.Health{Account: "here"}, nil
	}}))
	r.session(t, &fakeHost{})
	req := &pb.CheckRequest{Session: 1}
	future := protowire.AppendTag(nil, 4000, protowire.BytesType)
	req.ProtoReflect().SetUnknown(protowire.AppendString(future, "from a later engine"))
	resp, err := pb.NewConnectorClient(r.conn).Check(t.Context(), req)
	if err != nil || resp.GetFault() != nil || resp.GetAccount() != "here" {
		t.Errorf("Check = %v, %v", resp, err)
	}
}

// stranger is a connector's process of another make: it answers as it likes.
type stranger struct {
	pb.UnimplementedConnectorServer
	query func(context.Context) (*pb.QueryResponse, error)
	write func(context.Context) (*pb.WriteResponse, error)
}

func (s *stranger) Handshake(context.Context, *pb.HandshakeRequest) (*pb.HandshakeResponse, error) {
	return &pb.HandshakeResponse{Capabilities: []string{"telepathy"}}, nil
}

func (s *stranger) Manifest(context.Context, *pb.ManifestRequest) (*pb.ManifestResponse, error) {
	return &pb.ManifestResponse{Yaml: []byte("id: stranger")}, nil
}

func (s *stranger) Open(context.Context, *pb.OpenRequest) (*pb.OpenResponse, error) {
	return &pb.OpenResponse{Capabilities: []string{"writer", "prober", "discoverer", "teleporter"}}, nil
}

func (s *stranger) Query(ctx context.Context, _ *pb.QueryRequest) (*pb.QueryResponse, error) {
	return s.query(ctx)
}

func (s *stranger) Write(ctx context.Context, _ *pb.WriteRequest) (*pb.WriteResponse, error) {
	return s.write(ctx)
}

func meet(t *testing.T, s *stranger) (peer.Full, *v1.Client, served) {
	t.Helper()
	server := serve(t, func(r grpc.ServiceRegistrar) { pb.RegisterConnectorServer(r, s) })
	client, err := v1.Dial(t.Context(), dial(t, server.listener), func(func(grpc.ServiceRegistrar)) uint32 { return 1 })
	if err != nil {
		t.Fatal(err)
	}
	session, err := client.Open(t.Context(), connector.Account{}, &fakeHost{})
	if err != nil {
		t.Fatal(err)
	}
	return session.(peer.Full), client, server
}

func TestUnknownCapabilitiesAreIgnored(t *testing.T) {
	t.Parallel()
	_, client, _ := meet(t, &stranger{})
	if got := client.Capabilities(); !slices.Equal(got, []string{"telepathy"}) {
		t.Errorf("capabilities = %v", got)
	}
	if string(client.Manifest()) != "id: stranger" {
		t.Errorf("manifest = %s", client.Manifest())
	}
}

func TestUnknownOutcomePromisesNothing(t *testing.T) {
	t.Parallel()
	s, _, _ := meet(t, &stranger{write: func(context.Context) (*pb.WriteResponse, error) {
		return &pb.WriteResponse{Answers: []*pb.Answer{{Outcome: "half-done", Id: "9"}}}, nil
	}})
	answers, err := s.Write(t.Context(), connector.Batch{Keys: []string{"k"}})
	if err != nil || answers.Rows[0].Outcome != connector.Unknown || answers.Rows[0].ID != "9" {
		t.Errorf("Write = %+v, %v", answers, err)
	}
}

func TestTransportFailures(t *testing.T) {
	t.Parallel()
	entered := make(chan struct{})
	s, client, server := meet(t, &stranger{
		query: func(context.Context) (*pb.QueryResponse, error) { return nil, fmt.Errorf("not a status") },
		write: func(ctx context.Context) (*pb.WriteResponse, error) {
			close(entered)
			<-ctx.Done()
			return nil, ctx.Err()
		},
	})
	check := func(name string, err error, code string, class fault.Class) {
		t.Helper()
		f := fault.From(err)
		if f.Code != code || f.Class != class || f.NotApplied {
			t.Errorf("%s = %+v, want %s, %s and not unapplied", name, f, code, class)
		}
	}
	_, err := s.Probe(t.Context(), connector.ProbeRequest{})
	check("a call it does not have", err, peer.CodeUnsupported, fault.Config)
	_, err = s.Query(t.Context(), connector.QueryRequest{})
	check("an answer that is none", err, peer.CodeTransport, fault.Internal)

	go func() {
		<-entered
		server.stop()
	}()
	_, err = s.Write(t.Context(), connector.Batch{})
	check("a process that ends", err, peer.CodeCrashed, fault.Transient)
	_, err = s.Check(t.Context())
	check("a process that is gone", err, peer.CodeCrashed, fault.Transient)
	if _, err = client.Ping(t.Context()); fault.CodeOf(err) != peer.CodeCrashed {
		t.Errorf("Ping = %v", err)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Errorf("closing a session of a process that is gone = %v", err)
	}
}

func TestMessagesOverTheCap(t *testing.T) {
	// Not parallel: each case holds 64 MiB for a moment.
	huge := make([]byte, peer.MaxMessage+1)
	calls := 0
	s := openFull(t, &fakeSession{
		query: func(context.Context, connector.QueryRequest) (connector.Page, error) {
			return connector.Page{Rows: huge}, nil
		},
		write: func(context.Context, connector.Batch) (connector.Answers, error) {
			calls++
			return connector.Answers{Raw: huge}, nil
		},
	})
	_, err := s.Query(t.Context(), connector.QueryRequest{})
	f := fault.From(err)
	if f.Code != peer.CodeMessageTooLarge || f.Class != fault.Config || f.Args["bytes"] == "" || f.Args["limit"] != "67108864" {
		t.Errorf("a huge page = %+v", f)
	}
	_, err = s.Write(t.Context(), connector.Batch{Rows: huge})
	if f := fault.From(err); f.Code != peer.CodeMessageTooLarge || !f.NotApplied || calls != 0 {
		t.Errorf("a huge batch = %+v after %d calls, want it never sent", f, calls)
	}
	_, err = s.Write(t.Context(), connector.Batch{})
	if f := fault.From(err); f.Code != peer.CodeMessageTooLarge || f.NotApplied || calls != 1 {
		t.Errorf("a huge answer = %+v after %d calls, want it possibly applied", f, calls)
	}

	stranger, _, _ := meet(t, &stranger{query: func(context.Context) (*pb.QueryResponse, error) {
		return &pb.QueryResponse{Rows: huge}, nil
	}})
	_, err = stranger.Query(t.Context(), connector.QueryRequest{})
	if fault.CodeOf(err) != peer.CodeMessageTooLarge {
		t.Errorf("a huge page of a process that does not look = %v", err)
	}
}
