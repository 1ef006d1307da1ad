package hook

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"unicode/utf8"

	"golang.org/x/time/rate"

	"github.com/karezflow/karez/engine/failpoint"
	"github.com/karezflow/karez/engine/inlet"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/sdk/fault"
)

// Request is what was posted. Its Body has at most MaxBody bytes.
type Request struct {
	// Hook is the public id of the hook.
	Hook string
	// Message, Timestamp and Signature are the headers of Standard Webhooks; where
	// requests carry a token, Message may be their idempotency key, or missing.
	Message, Timestamp, Signature string
	// Authorization is the header of that name.
	Authorization string
	ContentType   string
	Body          []byte
	// TraceID is noted with the run.
	TraceID string
}

// Receive takes a request and answers it when its documents are stored, or when it is
// known what became of them, as the node says. Its error is a *fault.Fault: nothing was stored.
func (s *Service) Receive(ctx context.Context, r Request) (Reply, error) {
	h, to, node, err := s.open(ctx, r)
	if err != nil {
		return Reply{}, err
	}
	post, err := s.post(h, to, node, r)
	if err != nil {
		return Reply{}, err
	}
	receipt, err := s.Store.Accept(ctx, post)
	if errors.Is(err, ErrReused) {
		return Reply{}, fault.New("webhook.id_reused", "the id %s was used before, with another body", r.Message).Classed(fault.Duplicate).
			Hinted("give every message an id of its own, and send the same body again where a message is repeated")
	}
	if err != nil {
		return Reply{}, err
	}
	failpoint.Hit("after_post")
	if len(receipt.Work) > 0 {
		if err := s.Hints.Publish(ctx, to.Priority, receipt.Work); err != nil {
			s.Log.WarnContext(ctx, "work was not announced; the sweeper will find it", "error", err)
		}
	}
	return s.answer(ctx, h, node, post.Message, receipt)
}

// Knows tells, before anything of a body is read, why nothing is posted to an address;
// nil where something may be.
func (s *Service) Knows(ctx context.Context, publicID string) error {
	_, err := s.Store.Known(ctx, publicID)
	if errors.Is(err, ledger.ErrNotFound) {
		return s.refuse(unknown())
	}
	return err
}

func unknown() *fault.Fault {
	return fault.New("webhook.unknown", "nothing is posted to this address").Classed(fault.Config)
}

// open lets a request in.
func (s *Service) open(ctx context.Context, r Request) (Hook, ledger.Inlet, *plan.Inlet, error) {
	h, err := s.Store.Known(ctx, r.Hook)
	if errors.Is(err, ledger.ErrNotFound) {
		return h, ledger.Inlet{}, nil, s.refuse(unknown())
	}
	if err != nil {
		return h, ledger.Inlet{}, nil, err
	}
	secrets, err := s.secrets(h)
	if err != nil {
		return h, ledger.Inlet{}, nil, err
	}
	to, node, err := s.Nodes.Webhook(ctx, h.Workspace, h.FlowID, h.NodeID)
	var refused *fault.Fault
	switch {
	case err != nil: // how the node is set is not known: whoever knows the secret hears why
		if refused = signed(secrets, r, s.Clock()); refused != nil && carries(secrets, r) == nil {
			refused = nil
		}
	case node.Post.Token:
		refused = carries(secrets, r)
	default:
		refused = signed(secrets, r, s.Clock())
	}
	if refused != nil {
		return h, to, node, s.refuse(refused)
	}
	if err == nil && !s.rateOf(h).AllowN(s.Clock(), 1) {
		err = throttled()
	}
	return h, to, node, err
}

// refuse gives why a request is not let in; those who try too often hear that.
func (s *Service) refuse(f *fault.Fault) error {
	if !s.strange.AllowN(s.Clock(), 1) {
		return throttled()
	}
	return f
}

func throttled() *fault.Fault {
	return fault.New("webhook.throttled", "too many requests come to this address").Classed(fault.Rate).Hinted("send more slowly, or several records in one request")
}

func (s *Service) rateOf(h Hook) *rate.Limiter {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rates[h.ID] == nil {
		s.rates[h.ID] = rate.NewLimiter(rate.Limit(s.Rate), s.Burst)
	}
	return s.rates[h.ID]
}

// post identifies the documents of a request.
func (s *Service) post(h Hook, to ledger.Inlet, node *plan.Inlet, r Request) (Post, error) {
	body, err := read(r)
	if err != nil {
		return Post{}, err
	}
	bodies, err := inlet.Posted(body, node.Post.Records)
	if err != nil {
		return Post{}, err
	}
	switch {
	case r.Message == "" && node.Key == nil:
		return Post{}, fault.New("webhook.id_missing", "the request has no id, of which the key of the document is made").Classed(fault.Data).
			Hinted("send the header webhook-id or Idempotency-Key, or give the webhook node a key")
	case !utf8.ValidString(r.Message): // no database would store it, however often it is sent
		return Post{}, fault.New("webhook.id_invalid", "the id of the request is no text in UTF-8").Classed(fault.Data)
	case len(r.Message) > ledger.MaxKey:
		return Post{}, fault.New("webhook.id_too_long", "the id of the request has %d bytes; at most %d are allowed", len(r.Message), ledger.MaxKey).Classed(fault.Data)
	}
	sum := sha256.Sum256(r.Body)
	post := Post{
		Hook: h.ID, Workspace: h.Workspace, Message: r.Message, Sum: hex.EncodeToString(sum[:]), To: to, TraceID: r.TraceID, Now: s.now(),
	}
	if post.Message == "" { // of a request without an id nobody knows whether it is repeated
		post.Message = unnamed + random(18)
	}
	way := sha256.Sum256([]byte(post.Message))
	for n, body := range bodies {
		post.Documents = append(post.Documents, inlet.Take(node, inlet.Record{
			Body: body, NodeID: h.NodeID, Own: plan.Identity{Key: r.Message},
			Refused: fmt.Sprintf("%s%s/%d", refusedPost, hex.EncodeToString(way[:16]), n),
		}))
	}
	return post, nil
}

const (
	// refusedPost begins the key of a posted record that has none of its own.
	refusedPost = "!posted/"
	// unnamed begins the stored id of a request that brought none.
	unnamed = "~"
)

// Status tells whoever may post how a document stands that was posted.
func (s *Service) Status(ctx context.Context, r Request, document ledger.ID) (Reply, error) {
	h, _, _, err := s.open(ctx, r)
	if err != nil {
		return Reply{}, err
	}
	rev, ok, err := s.Store.Came(ctx, h, document)
	if err != nil {
		return Reply{}, err
	}
	if !ok {
		return Reply{}, fault.New("object.missing", "there is no such object, or it was deleted").Classed(fault.Config)
	}
	standing, err := s.Store.Standing(ctx, []ledger.Admitted{{Document: document, Rev: rev}})
	if err != nil {
		return Reply{}, err
	}
	return one(h, standing[0]), nil
}
