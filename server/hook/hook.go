// Package hook takes documents that other systems post (webhook): it knows the address
// of every webhook node and the secrets of those who may post there, tells a request
// from a forged, late or repeated one, lets its documents enter the flow as a page does,
// and answers with what became of them.
//
// What people call passes server/access; Receive and Status ask for the secret themselves.
//
// It may import server/access, engine/inlet, engine/ledger, engine/plan and the sdk's
// leaves: never a database, HTTP or another service.
package hook

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
)

// Hook is the address of a webhook node. It outlives every version of the flow.
type Hook struct {
	// ID is 0 where the node has no address yet.
	ID, Workspace, Flow ledger.ID
	// FlowID is the public id of the flow.
	FlowID, NodeID string
	// PublicID is what the address ends with. It can't be guessed.
	PublicID string
	Created  ledger.Millis
	// Enabled says that the flow takes up documents now.
	Enabled bool
	// Secrets are the stored ones, the newest first.
	Secrets []Secret
}

// Secret is what those who post must know.
type Secret struct {
	ID ledger.ID
	// Sealed is the secret as it is stored.
	Sealed  []byte
	By      string
	Created ledger.Millis
	// Expires is when it ends, 0 for one that is good until it is replaced.
	Expires ledger.Millis
}

// Post is a request whose documents are to be stored.
type Post struct {
	Hook, Workspace ledger.ID
	// Message is the id of the request, unique at the hook; Sum is that of its body.
	Message, Sum string
	To           ledger.Inlet
	TraceID      string
	Documents    []ledger.Incoming
	Now          ledger.Millis
}

// Receipt tells what a request brought.
type Receipt struct {
	// Documents are what its records became, in their order.
	Documents []ledger.Admitted
	// Status and Answer are what was answered for good; Status 0 is not yet.
	Status int
	Answer []byte
	// Work are rows that are due at once.
	Work []ledger.ID
}

// Call is a request that was taken.
type Call struct {
	Message   string
	Received  ledger.Millis
	Documents []ledger.ID
	// Status is what was answered for good, 0 where nothing was.
	Status int
}

// Standing is how a revision of a document stands.
type Standing struct {
	ledger.Admitted

	// At is the revision that stands for it: the one that was delivered where it was
	// ignored, the edited one where a person edited it.
	At          int
	Key, Number string
	State       ledger.State
	Problem     *ledger.Problem
	// Written are the objects that targets made of it.
	Written []Written
	// Status and Answer are what a respond node answers; Status 0 is nothing.
	Status int
	Answer []byte
}

// Written is an object in a target.
type Written struct {
	ID     string `json:"id"`
	Number string `json:"number"`
}

// ErrReused says that a message id was used before with another body.
var ErrReused = errors.New("the message id was used with another body")

// Hooks are what the service needs of a database for addresses and secrets.
type Hooks interface {
	// NewID gives an id for a secret that will be stored.
	NewID(ctx context.Context) (ledger.ID, error)
	// Hook gives the hook of a node, whose ID is 0 where there is none; ledger.ErrNotFound
	// where there is no such flow.
	Hook(ctx context.Context, workspace ledger.ID, flow, node string) (Hook, error)
	// Known gives a hook by its public id; ledger.ErrNotFound.
	Known(ctx context.Context, publicID string) (Hook, error)
	// Replace makes the hook where there is none, ends its secrets at until, removes
	// those that ended before, and adds one.
	Replace(ctx context.Context, h Hook, s Secret, until ledger.Millis) (Hook, error)
	// Calls gives the newest requests.
	Calls(ctx context.Context, hook ledger.ID, limit int) ([]Call, error)
}

// Store is what the service needs of a database.
type Store interface {
	Hooks
	// Accept stores a request and its documents; one that was taken before is given as
	// it is stored. ErrReused.
	Accept(ctx context.Context, post Post) (Receipt, error)
	// Answer keeps the answer of a request for good and gives the one that is kept.
	Answer(ctx context.Context, hook ledger.ID, message string, status int, answer []byte) (int, []byte, error)
	// Standing tells how revisions stand, in their order.
	Standing(ctx context.Context, of []ledger.Admitted) ([]Standing, error)
	// Came reports whether a document came by a hook, and gives its newest revision.
	Came(ctx context.Context, h Hook, document ledger.ID) (rev int, ok bool, err error)
}

// Nodes give webhook nodes as they are published.
type Nodes interface {
	// Webhook gives a webhook node of a flow; its error is a *fault.Fault that passes
	// where the flow can't take documents now.
	Webhook(ctx context.Context, workspace ledger.ID, flow, node string) (ledger.Inlet, *plan.Inlet, error)
}

// Seal keeps secrets unreadable at rest.
type Seal interface {
	Close(place string, value []byte) []byte
	Open(place string, sealed []byte) ([]byte, error)
}

// Hints carry wake-ups for work rows. Losing all of them loses nothing.
type Hints interface {
	Publish(ctx context.Context, priority int, work []ledger.ID) error
}

// Config wires a Service.
type Config struct {
	Store Store
	Nodes Nodes
	Seal  Seal
	// Place gives the place that a secret is sealed for.
	Place func(secret ledger.ID) string
	Hints Hints
	Clock func() time.Time
	Log   *slog.Logger
	// Every is how often a request that waits looks first; later it looks less often.
	// Default 20 ms.
	Every time.Duration
	// Waits is how many requests wait at a time; the others are answered at once. Default 256.
	Waits int
	// Rate and Burst are how many requests a hook takes a second, and at once. Default 100 and 200.
	Rate, Burst int
}

// Service takes what is posted. It is safe for concurrent use.
type Service struct {
	Config

	waiting chan struct{}
	mu      sync.Mutex
	rates   map[ledger.ID]*rate.Limiter
	// strange is the rate of requests that are not let in.
	strange *rate.Limiter
}

// New makes a Service with the defaults filled in.
func New(c Config) *Service {
	if c.Every == 0 {
		c.Every = 20 * time.Millisecond
	}
	if c.Waits == 0 {
		c.Waits = 256
	}
	if c.Rate == 0 {
		c.Rate = 100
	}
	if c.Burst == 0 {
		c.Burst = 2 * c.Rate
	}
	return &Service{
		Config: c, waiting: make(chan struct{}, c.Waits), rates: map[ledger.ID]*rate.Limiter{}, strange: rate.NewLimiter(rate.Limit(c.Rate), c.Burst),
	}
}

// Get gives the hook of a node of the caller's workspace.
func (s *Service) Get(ctx context.Context, flow, node string) (Hook, error) {
	return s.find(ctx, access.Read, flow, node)
}

func (s *Service) find(ctx context.Context, action access.Action, flow, node string) (Hook, error) {
	p, err := access.Of(ctx)
	if err != nil {
		return Hook{}, err
	}
	if node == "" || len(node) > maxNode {
		return Hook{}, access.Missing()
	}
	h, err := s.Store.Hook(ctx, p.Workspace, flow, node)
	if errors.Is(err, ledger.ErrNotFound) {
		return h, access.Missing()
	}
	if err != nil {
		return h, err
	}
	return h, access.Authorize(ctx, action, h.Workspace)
}

// maxNode is how long a node's id may be here, in bytes.
const maxNode = 64

// Calls gives the newest requests at a hook.
func (s *Service) Calls(ctx context.Context, h Hook) ([]Call, error) {
	if h.ID == 0 {
		return nil, nil
	}
	return s.Store.Calls(ctx, h.ID, 10)
}

// MaxKeep is the longest time for which a replaced secret stays good.
const MaxKeep = 30 * 24 * time.Hour

// Rotate makes a new secret for a node, and its address at first use. The secrets it
// replaces stay good for keep. The new one is given here and never again.
func (s *Service) Rotate(ctx context.Context, flow, node string, keep time.Duration) (Hook, Credential, error) {
	h, err := s.find(ctx, access.Edit, flow, node)
	if err != nil {
		return h, Credential{}, err
	}
	if keep < 0 || keep > MaxKeep {
		return h, Credential{}, fault.New("webhook.keep_too_long", "an old secret can stay good for at most 30 days").Classed(fault.Config).At("keepSeconds")
	}
	p, err := access.Of(ctx)
	if err != nil {
		return h, Credential{}, err
	}
	id, err := s.Store.NewID(ctx)
	if err != nil {
		return h, Credential{}, err
	}
	if h.ID == 0 {
		h.PublicID = random(24)
	}
	c := newCredential()
	now := s.now()
	h, err = s.Store.Replace(ctx, h, Secret{ID: id, Sealed: s.Seal.Close(s.Place(id), c), By: p.Name, Created: now}, now.Add(keep))
	if err != nil {
		return h, Credential{}, err
	}
	s.Log.InfoContext(ctx, "the secret of a webhook was made", "flow", flow, "node", node, "by", p.Name, "keep", keep)
	return h, credential(c), nil
}

// Try posts a body to a node as those who know its secret do.
func (s *Service) Try(ctx context.Context, flow, node, contentType string, body []byte) (Reply, error) {
	h, err := s.find(ctx, access.Edit, flow, node)
	if err != nil {
		return Reply{}, err
	}
	live, err := s.secrets(h)
	if err != nil {
		return Reply{}, err
	}
	if len(live) == 0 {
		return Reply{}, fault.New("webhook.no_secret", "the webhook has no secret yet").Classed(fault.Config).Hinted("make one first")
	}
	req := Request{Hook: h.PublicID, Message: "test_" + random(18), Timestamp: unix(s.Clock()), ContentType: contentType, Body: body}
	req.Signature = sign(live[0], req)
	req.Authorization = bearer + credential(live[0]).Token
	return s.Receive(ctx, req)
}

// secrets gives the secrets that are good now, the newest first.
func (s *Service) secrets(h Hook) ([][]byte, error) {
	now := s.now()
	var live [][]byte
	for _, sealed := range h.Secrets {
		if sealed.Expires != 0 && sealed.Expires <= now {
			continue
		}
		secret, err := s.Seal.Open(s.Place(sealed.ID), sealed.Sealed)
		if err != nil {
			return nil, err
		}
		live = append(live, secret)
	}
	return live, nil
}

func (s *Service) now() ledger.Millis { return ledger.At(s.Clock()) }

// random gives n bytes of chance as text that an address can hold.
func random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b))
}
