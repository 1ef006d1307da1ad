package connector_test

import (
	"testing"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
)

func TestAccountRead(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ settings, address, code string }{
		{`{"address":"http://127.0.0.1:1","other":[1]}`, "http://127.0.0.1:1", ""},
		{`{}`, "", ""},
		{`{"address":7}`, "", "connection.settings_invalid"},
		{`{`, "", "connection.settings_invalid"},
		{``, "", "connection.settings_invalid"},
	} {
		var s struct {
			Address string `json:"address"`
		}
		err := connector.Account{Settings: []byte(tt.settings)}.Read(&s)
		if fault.CodeOf(err) != tt.code || s.Address != tt.address || err != nil && fault.From(err).Class != fault.Config {
			t.Errorf("%s: %q, %v", tt.settings, s.Address, err)
		}
	}
}
