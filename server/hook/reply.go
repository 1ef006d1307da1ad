package hook

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
)

// Reply is the answer to a request.
type Reply struct {
	// Status is that of HTTP, Body a JSON value.
	Status int
	Body   []byte
	// Location is the path at which to ask for a document that is still worked on.
	Location string
	// Rejected says of the document that it was, and why; Body is empty then.
	Rejected *Rejection
}

// Rejection is a document that was rejected.
type Rejection struct {
	Document string
	Key      string
	Problem  ledger.Problem
}

// summary is what is said about a document.
type summary struct {
	Document  string          `json:"document"`
	Key       string          `json:"key"`
	Result    string          `json:"result,omitempty"`
	State     string          `json:"state,omitempty"`
	Number    string          `json:"number,omitempty"`
	Written   []Written       `json:"written,omitempty"`
	Status    int             `json:"status,omitempty"`
	Answer    json.RawMessage `json:"answer,omitempty"`
	Code      string          `json:"code,omitempty"`
	StatusURL string          `json:"statusUrl,omitempty"`
}

// Path is where documents are posted to a hook.
func Path(publicID string) string { return "/hooks/" + publicID }

func statusURL(h Hook, document ledger.ID) string {
	return Path(h.PublicID) + "/documents/" + strconv.FormatInt(int64(document), 10)
}

// answer answers a request that was stored.
func (s *Service) answer(ctx context.Context, h Hook, node *plan.Inlet, message string, receipt Receipt) (Reply, error) {
	if receipt.Status != 0 {
		return Reply{Status: receipt.Status, Body: receipt.Answer}, nil
	}
	standing, err := s.Store.Standing(ctx, receipt.Documents)
	if err != nil {
		return Reply{}, err
	}
	many := node.Post.Records != ""
	if node.Post.Wait == 0 {
		return accepted(h, standing, many), nil
	}
	if h.Enabled {
		standing = s.wait(ctx, node.Post.Wait, receipt.Documents, standing)
	}
	reply := all(h, standing)
	if !many {
		reply = one(h, standing[0])
	}
	if reply.Location != "" || reply.Rejected != nil || many && reply.Status != http.StatusOK {
		return reply, nil // it may still come to something else
	}
	// Kept before it is said: whatever becomes of the document later, a repeat hears the same.
	reply.Status, reply.Body, err = s.Store.Answer(context.WithoutCancel(ctx), h.ID, message, reply.Status, reply.Body)
	return reply, err
}

// wait looks at documents until nothing more is to be waited for, or for so long.
func (s *Service) wait(ctx context.Context, most time.Duration, of []ledger.Admitted, standing []Standing) []Standing {
	if !going(standing) {
		return standing
	}
	select {
	case s.waiting <- struct{}{}:
		defer func() { <-s.waiting }()
	default:
		return standing
	}
	over := time.NewTimer(most)
	defer over.Stop()
	look := time.NewTimer(s.Every)
	defer look.Stop()
	for every := s.Every; ; every = min(every*5/4, 20*s.Every) {
		select {
		case <-ctx.Done():
			return standing
		case <-over.C:
			return standing
		case <-look.C:
		}
		next, err := s.Store.Standing(ctx, of)
		if err != nil {
			if ctx.Err() == nil {
				s.Log.WarnContext(ctx, "how posted documents stand can't be read; it is tried again", "error", err)
			}
		} else if standing = next; !going(standing) {
			return standing
		}
		look.Reset(every)
	}
}

// going reports whether a document is on its way.
func going(standing []Standing) bool {
	for _, d := range standing {
		if d.Status == 0 && d.State == ledger.Waiting {
			return true
		}
	}
	return false
}

// settled reports whether nothing more becomes of a document by itself or by a person.
func (d Standing) settled() bool {
	if d.Status != 0 {
		return true
	}
	switch d.State {
	case ledger.Delivered, ledger.Collected, ledger.Filtered, ledger.Skipped, ledger.Superseded, ledger.Dropped:
		return true
	default:
		return false
	}
}

// one answers for the only document of a request.
func one(h Hook, d Standing) Reply {
	switch {
	case d.Status != 0:
		return Reply{Status: d.Status, Body: d.Answer}
	case d.State == ledger.Rejected && d.Problem != nil:
		return Reply{Status: http.StatusUnprocessableEntity, Rejected: &Rejection{Document: idText(d.Document), Key: d.Key, Problem: *d.Problem}}
	case d.settled():
		return Reply{Status: http.StatusOK, Body: text(d.summary())}
	default:
		out := d.summary()
		out.StatusURL = statusURL(h, d.Document)
		return Reply{Status: http.StatusAccepted, Body: text(out), Location: out.StatusURL}
	}
}

// list is an answer about several documents.
type list struct {
	Documents []summary `json:"documents"`
}

// all answers for the documents of a list.
func all(h Hook, standing []Standing) Reply {
	out, status := list{[]summary{}}, http.StatusOK
	for _, d := range standing {
		line := d.summary()
		line.Status, line.Answer = d.Status, d.Answer
		if !d.settled() {
			line.StatusURL = statusURL(h, d.Document)
			if d.Problem != nil {
				line.Code = d.Problem.Code
			}
			if d.State != ledger.Rejected {
				status = http.StatusAccepted
			} else if status == http.StatusOK {
				status = http.StatusMultiStatus
			}
		}
		out.Documents = append(out.Documents, line)
	}
	return Reply{Status: status, Body: text(out)}
}

// accepted answers that documents are stored; it says nothing that changes later.
func accepted(h Hook, standing []Standing, many bool) Reply {
	out := list{[]summary{}}
	for _, d := range standing {
		line := summary{Document: idText(d.Document), Key: d.Key, Result: d.result(), StatusURL: statusURL(h, d.Document)}
		if d.State == ledger.Rejected && d.Problem != nil && strings.HasPrefix(d.Key, refusedPost) {
			line.Result, line.Code = "rejected", d.Problem.Code
			if !many {
				return one(h, d)
			}
		}
		out.Documents = append(out.Documents, line)
	}
	if many {
		return Reply{Status: http.StatusAccepted, Body: text(out)}
	}
	return Reply{Status: http.StatusAccepted, Body: text(out.Documents[0]), Location: out.Documents[0].StatusURL}
}

func (d Standing) summary() summary {
	return summary{Document: idText(d.Document), Key: d.Key, State: stateText(d.State), Number: d.Number, Written: d.Written}
}

// stateText gives a state as people know it; one that was let go is ignored.
func stateText(s ledger.State) string {
	if s == ledger.Dropped {
		return ignored
	}
	return s.String()
}

// ignored is the result of a record that changes what was delivered.
const ignored = "ignored"

// result says what happened to a record that was posted.
func (d Standing) result() string {
	switch {
	case d.Rev == 0:
		return ignored
	case d.Same:
		return "unchanged"
	default:
		return "accepted"
	}
}

func idText(id ledger.ID) string { return strconv.FormatInt(int64(id), 10) }

// text writes an answer; what it is made of can be written.
func text(v any) []byte {
	out, err := json.Marshal(v)
	if err != nil {
		return []byte(fmt.Sprintf("{%q:%q}", "error", "unwritable"))
	}
	return out
}
