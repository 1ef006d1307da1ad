// Package hooks is the part of the interface that is about webhooks: what editors see of
// them, and the door for those who post, who are known by a secret and not by a session.
//
// It may import huma, server/api/rest, server/api/problem, server/hook, engine/ledger and
// sdk/fault: never another service, a store or gin.
package hooks

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/api/rest"
	"github.com/karezflow/karez/server/hook"
)

type hookView struct {
	Path    string       `json:"path" doc:"Where documents are posted, behind the address of this server; empty where there is no secret yet"`
	Secrets []hookSecret `json:"secrets" doc:"Those that are good now, the newest first"`
	Calls   []hookPost   `json:"calls" doc:"The newest requests that were taken"`
}

type hookSecret struct {
	CreatedBy string     `json:"createdBy"`
	CreatedAt *time.Time `json:"createdAt"`
	ExpiresAt *time.Time `json:"expiresAt" doc:"null for one that is good until it is replaced"`
}

type hookPost struct {
	Message    string     `json:"message"`
	ReceivedAt *time.Time `json:"receivedAt"`
	Documents  []string   `json:"documents"`
	Status     int        `json:"status" doc:"What was answered for good, 0 where nothing was"`
}

type hookCredential struct {
	Webhook hookView `json:"webhook"`
	Secret  string   `json:"secret" doc:"What requests are signed with. It is shown here and never again"`
	Token   string   `json:"token" doc:"What requests carry that are not signed. It is shown here and never again"`
}

type hookReply struct {
	Status      int    `json:"status"`
	ContentType string `json:"contentType"`
	Body        string `json:"body"`
}

// NodeInput names a webhook node. It is exported for the generator, which reads no other embedded members.
type NodeInput struct {
	ID   string `path:"id" doc:"The flow"`
	Node string `path:"node" doc:"The webhook node"`
}

type rotateInput struct {
	NodeInput

	Body struct {
		KeepSeconds int64 `json:"keepSeconds,omitempty" minimum:"0" maximum:"2592000" doc:"How long the secrets before it stay good"`
	}
}

type tryInput struct {
	NodeInput

	Body struct {
		ContentType string `json:"contentType,omitempty" default:"application/json"`
		Body        string `json:"body" doc:"What is posted, as it is"`
	}
}

type server struct {
	*rest.Kit

	hooks *hook.Service
}

// Routes adds the operations for editors.
func Routes(api huma.API, kit *rest.Kit, service *hook.Service) {
	s := &server{kit, service}
	const path = "/flows/{id}/webhooks/{node}"
	huma.Register(api, rest.Op(http.MethodGet, path, "getWebhook", "The address of a webhook node, its secrets and its newest requests", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *NodeInput) (*rest.Body[hookView], error) {
			h, err := s.hooks.Get(ctx, in.ID, in.Node)
			if err != nil {
				return nil, err
			}
			calls, err := s.hooks.Calls(ctx, h)
			return rest.Answer(s.view(h, calls), err)
		}))
	huma.Register(api, rest.Op(http.MethodPost, path+"/secrets", "rotateWebhookSecret", "Make a new secret for a webhook node, and its address at first use", http.StatusCreated),
		rest.Handle(s.Kit, func(ctx context.Context, in *rotateInput) (*rest.Body[hookCredential], error) {
			h, c, err := s.hooks.Rotate(ctx, in.ID, in.Node, time.Duration(in.Body.KeepSeconds)*time.Second)
			return rest.Answer(hookCredential{s.view(h, nil), c.Secret, c.Token}, err)
		}))
	huma.Register(api, rest.Op(http.MethodPost, path+"/test", "testWebhook", "Post something to a webhook node as those who know its secret do", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *tryInput) (*rest.Body[hookReply], error) {
			reply, err := s.hooks.Try(ctx, in.ID, in.Node, in.Body.ContentType, []byte(in.Body.Body))
			if own(err) {
				return nil, err
			}
			a := s.answer(ctx, reply, err)
			return rest.Answer(hookReply{a.status, a.kind, string(a.body)}, nil)
		}))
}

func (s *server) view(h hook.Hook, calls []hook.Call) hookView {
	v := hookView{Secrets: []hookSecret{}, Calls: make([]hookPost, len(calls))}
	if h.ID != 0 {
		v.Path = hook.Path(h.PublicID)
	}
	now := ledger.At(s.hooks.Clock())
	for _, c := range h.Secrets {
		if c.Expires == 0 || c.Expires > now {
			v.Secrets = append(v.Secrets, hookSecret{c.By, rest.When(c.Created), rest.When(c.Expires)})
		}
	}
	for i, c := range calls {
		v.Calls[i] = hookPost{c.Message, rest.When(c.Received), make([]string, len(c.Documents)), c.Status}
		for n, id := range c.Documents {
			v.Calls[i].Documents[n] = rest.IDText(id)
		}
	}
	return v
}
