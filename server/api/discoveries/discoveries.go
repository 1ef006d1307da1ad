// Package discoveries is the part of the interface that asks systems which fields their
// objects have.
//
// It may import huma, server/api/rest, server/catalog and server/discovery: never another
// service, a store or gin.
package discoveries

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/karezflow/karez/server/api/rest"
	"github.com/karezflow/karez/server/catalog"
	"github.com/karezflow/karez/server/discovery"
)

type discoverInput struct {
	Name string `path:"name"`
	Body struct {
		Operation string `json:"operation"`
		Form      string `json:"form" doc:"The value of the operation's form parameter, for example SAL_OUTSTOCK"`
		Fresh     bool   `json:"fresh,omitempty" doc:"Ask the system again, though it was asked minutes ago"`
	}
}

type discoveredView struct {
	Form catalog.Form `json:"form" doc:"As the catalogue gives the forms that a connector lists"`
	At   time.Time    `json:"at" doc:"When the system was asked"`
}

// Routes adds the operations.
func Routes(api huma.API, kit *rest.Kit, service *discovery.Service) {
	huma.Register(api, rest.Op(http.MethodPost, "/connections/{name}/discover", "discoverFields", "Ask the system which fields a form has", 0),
		rest.Handle(kit, func(ctx context.Context, in *discoverInput) (*rest.Body[discoveredView], error) {
			found, err := service.Of(ctx, in.Name, in.Body.Operation, in.Body.Form, in.Body.Fresh)
			return rest.Answer(discoveredView{found.Form, found.At.UTC()}, err)
		}))
}
