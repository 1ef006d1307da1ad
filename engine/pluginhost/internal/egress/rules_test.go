package egress_test

import (
	"testing"

	"github.com/karezflow/karez/engine/pluginhost/internal/egress"
	"github.com/karezflow/karez/sdk/outbound"
)

func TestReach(t *testing.T) {
	t.Parallel()
	r := egress.NewRules([]string{"api.example.com", "*.files.example.com:443", "{address}", "{host}"})
	for key, value := range map[string]string{
		"address": "https://ERP.example.net/k3cloud/", "host": " db.example.net ", "other": "https://evil.example.net",
	} {
		r.Admit(key, value)
	}
	r.Admit("address", "http://10.0.0.7:8090/x")
	r.Admit("address", "https://[2001:db8::1]/")
	r.Admit("host", "not a name")
	r.Admit("host", "")
	const none, private, local = "", outbound.Private, outbound.Local
	for _, c := range []struct {
		host string
		port int
		want outbound.Reach
	}{
		{"api.example.com", 443, private},
		{"API.example.com.", 80, private},
		{"api.example.com.evil.net", 443, none},
		{"xapi.example.com", 443, none},
		{"a.files.example.com", 443, private},
		{"a.b.files.example.com", 443, private},
		{"a.files.example.com", 80, none},
		{"files.example.com", 443, none},
		{"evilfiles.example.com", 443, none},
		{"erp.example.net", 443, local},
		{"erp.example.net", 80, none},
		{"db.example.net", 3306, local},
		{"db.example.net", 5432, local},
		{"10.0.0.7", 8090, local},
		{"10.0.0.7", 80, none},
		{"10.0.0.8", 8090, none},
		{"2001:db8::1", 443, local},
		{"2001:db8::2", 443, none},
		{"evil.example.net", 443, none},
		{"127.0.0.1", 80, none},
		{"localhost", 80, none},
		{"not a name", 1, none},
	} {
		if got := r.Reach(c.host, c.port); got != c.want {
			t.Errorf("%s:%d: %q, want %q", c.host, c.port, got, c.want)
		}
	}
	if egress.NewRules(nil).Reach("api.example.com", 443) != none {
		t.Error("what nobody declared is let through")
	}
}
