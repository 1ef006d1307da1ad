package main

import (
	"context"
	"encoding/json"

	"github.com/karezflow/karez/plugins/kingdee-k3cloud/internal/meta"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
)

// Discover implements connector.Discoverer: a query gives the columns that it may select, a
// save takes the fields of a bill. The other operations have no fields of a form.
func (s *session) Discover(ctx context.Context, operation, form string) (request, response []byte, err error) {
	switch operation {
	case "executeBillQuery", "batchSave", "save", "draft":
	case "view", "push", "submit", "audit", "unaudit", "delete", "allocate":
		return []byte("[]"), []byte("[]"), nil
	default:
		return nil, nil, fault.New("k3cloud.operation_unknown", "there is no operation named %s", operation).Classed(fault.Config)
	}
	if form == "" {
		return nil, nil, fault.New("k3cloud.param_required", "the description needs FormId, the business object").At("FormId").Classed(fault.Config)
	}
	body := append(item.AppendText([]byte(`{"data":{"FormId":`), form), `}}`...)
	a, err := s.call(ctx, "QueryBusinessInfo", body)
	if err != nil {
		return nil, nil, err
	}
	if a.failed() {
		return nil, nil, a.status.fault()
	}
	known, err := meta.Read(a.root.Field("Result").FieldFold("NeedReturnData"))
	if err != nil {
		return nil, nil, err
	}
	asked, given := []field.Field{}, []field.Field{}
	if operation == "executeBillQuery" {
		given = known.Response()
	} else {
		asked = known.Request()
	}
	if request, err = json.Marshal(asked); err != nil {
		return nil, nil, fault.From(err)
	}
	response, err = json.Marshal(given)
	return request, response, err
}
