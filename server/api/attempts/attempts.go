// Package attempts is the part of the interface that is about what was tried to write a
// document.
//
// It may import huma, server/api/rest and server/attempt: never another service, a store or gin.
package attempts

import (
	"context"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/karezflow/karez/server/api/rest"
	"github.com/karezflow/karez/server/attempt"
)

// MostShown is how many bytes of a content are shown; the whole of it can be downloaded.
const MostShown = 256 << 10

type attemptView struct {
	ID         string     `json:"id,omitempty" doc:"Names its contents; none where there is no record of it"`
	Node       string     `json:"node"`
	Part       int        `json:"part"`
	No         int        `json:"no" doc:"Counts the attempts of the delivery from 1; of a probe that of the attempt whose answer was lost"`
	Rev        int        `json:"rev,omitempty"`
	Recorded   bool       `json:"recorded" doc:"False where nothing is known of it but that it was made"`
	Kind       string     `json:"kind" enum:"send,probe,adopt"`
	Connection string     `json:"connection,omitempty"`
	Operation  string     `json:"operation,omitempty"`
	StartedAt  *time.Time `json:"startedAt,omitempty"`
	EndedAt    *time.Time `json:"endedAt,omitempty"`
	Outcome    string     `json:"outcome,omitempty" enum:"pending,sending,done,rejected,retry_at,unknown,needs_decision"`
	Code       string     `json:"code,omitempty"`
	Message    string     `json:"message,omitempty"`
	Hint       string     `json:"hint,omitempty"`
	Line       int        `json:"line,omitempty" doc:"The document's place among the rows of the call, from 1"`
	Rows       int        `json:"rows,omitempty"`
	TraceID    string     `json:"traceId,omitempty"`
	Request    string     `json:"request" enum:"none,kept,purged"`
	Response   string     `json:"response" enum:"none,kept,purged"`
	Answer     string     `json:"answer" enum:"none,kept,purged" doc:"The answer to the whole call, in which other documents may stand too"`
}

type contentInput struct {
	rest.IDInput

	Attempt string `path:"no"`
	Content string `query:"content" default:"request" doc:"request, response or answer"`
}

type attemptContentView struct {
	Text    string `json:"text" doc:"At most the first 256 KiB"`
	Bytes   int    `json:"bytes" doc:"How long the whole is"`
	Cut     bool   `json:"cut" doc:"There is more than is shown"`
	JSON    bool   `json:"json"`
	Covered bool   `json:"covered" doc:"A secret of the connection was covered"`
	Binary  bool   `json:"binary" doc:"It is no text; what can't be shown was replaced"`
}

type fileAnswer struct {
	ContentType        string `header:"Content-Type"`
	ContentDisposition string `header:"Content-Disposition"`
	Body               []byte
}

// Routes adds the operations.
func Routes(api huma.API, kit *rest.Kit, service *attempt.Service) {
	huma.Register(api, rest.Op(http.MethodGet, "/documents/{id}/attempts", "listAttempts", "Every attempt to write a document, by delivery and then as they were made", 0),
		rest.Handle(kit, func(ctx context.Context, in *rest.IDInput) (*rest.Body[rest.List[attemptView]], error) {
			all, err := service.Of(ctx, in.ID)
			return rest.Answer(rest.Listed(all, "", func(a attempt.Attempt) attemptView { return view(ctx, kit, a) }), err)
		}))
	huma.Register(api, rest.Op(http.MethodGet, "/documents/{id}/attempts/{no}", "getAttemptContent", "What was sent or answered in an attempt", 0),
		rest.Handle(kit, func(ctx context.Context, in *contentInput) (*rest.Body[attemptContentView], error) {
			text, err := service.Content(ctx, in.ID, in.Attempt, in.Content)
			return rest.Answer(shown(text), err)
		}))
	raw := rest.Op(http.MethodGet, "/documents/{id}/attempts/{no}/raw", "downloadAttemptContent", "The same, byte by byte", 0)
	raw.Responses = map[string]*huma.Response{"200": {Description: "The bytes", Content: map[string]*huma.MediaType{
		"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}},
	}}}
	huma.Register(api, raw, rest.Handle(kit, func(ctx context.Context, in *contentInput) (*fileAnswer, error) {
		text, err := service.Content(ctx, in.ID, in.Attempt, in.Content)
		if err != nil {
			return nil, err
		}
		ending := "txt"
		if json.Valid(text.Body) {
			ending = "json"
		}
		name := fmt.Sprintf("%s-%s-%s.%s", in.ID, in.Attempt, in.Content, ending)
		return &fileAnswer{"application/octet-stream", mime.FormatMediaType("attachment", map[string]string{"filename": name}), text.Body}, nil
	}))
}

func view(ctx context.Context, kit *rest.Kit, a attempt.Attempt) attemptView {
	v := attemptView{
		Node: a.Node, Part: a.Part, No: a.No, Rev: a.Rev, Recorded: a.Recorded, Kind: a.Kind, Connection: a.Connection, Operation: a.Operation,
		StartedAt: rest.When(a.Started), EndedAt: rest.When(a.Ended), Outcome: a.Outcome, Code: a.Code, Line: a.Line, Rows: a.Rows, TraceID: a.Trace,
		Request: string(a.Request), Response: string(a.Response), Answer: string(a.Answer),
	}
	v.Message, v.Hint = kit.Words.Say(rest.AboutOf(ctx).Language, a.Code, a.Message, "", a.Args)
	if a.Recorded {
		v.ID = a.String()
	}
	return v
}

// shown cuts a content to what a page bears, never inside a character.
func shown(t attempt.Text) attemptContentView {
	v := attemptContentView{Bytes: len(t.Body), Covered: t.Covered, JSON: json.Valid(t.Body), Binary: !utf8.Valid(t.Body)}
	body := t.Body
	if len(body) > MostShown {
		v.Cut = true
		body = body[:MostShown]
		for i := 1; !v.Binary && !utf8.Valid(body) && i < utf8.UTFMax; i++ {
			body = body[:len(body)-1]
		}
	}
	v.Text = string(body)
	return v
}
