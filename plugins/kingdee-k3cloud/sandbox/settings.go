package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/karezflow/karez/plugins/kingdee-k3cloud/sandbox/books"
)

// settings are the facts of the vendor that its public material leaves open, and
// the switches for its refusals. Their JSON names are the names for Set.
type settings struct {
	books.Rules

	// SessionTTLSeconds is how long a session lives after its last call. No document tells it.
	SessionTTLSeconds int `json:"sessionTTLSeconds"`
	// ReissueCookie repeats Set-Cookie on every answer, which one client relies on.
	ReissueCookie bool `json:"reissueCookie"`
	// SessionLoss makes the next n calls find their session gone.
	SessionLoss int `json:"sessionLoss"`
	// SessionLostForm is "byMethod" (nested for queries, an object for the rest), "object" or "nested".
	SessionLostForm string `json:"sessionLostForm"`
	// LockAfter refused logins in a row lock the user for LockMinutes; 0 never locks.
	LockAfter   int `json:"lockAfter"`
	LockMinutes int `json:"lockMinutes"`
	// LoginResult is what a good login answers: 1, or -5 with a warning on the password policy.
	LoginResult int `json:"loginResult"`
	// SignWindowSeconds is how old the timestamp of LoginBySign may be; 0 accepts any.
	SignWindowSeconds int `json:"signWindowSeconds"`
	// GatewaySign has the X-Api-* part of an API signature verified too, as the public gateway
	// does; on site only the X-Kd-* part is.
	GatewaySign bool `json:"gatewaySign"`
	// ConvertStatus is how Push tells why nothing was made: "object" (as the other services do),
	// or "array", in ConvertResponseStatus alone.
	ConvertStatus string `json:"convertStatus"`
	// IDAsString answers ids as texts.
	IDAsString bool `json:"idAsString"`
	// PartialIsSuccess is IsSuccess of a batch of which some rows were saved.
	PartialIsSuccess bool `json:"partialIsSuccess"`
	// BillNoInSuccess adds BillNo to SuccessEntitys.
	BillNoInSuccess bool `json:"billNoInSuccess"`
	// ReverseAnswers lists SuccessEntitys from the last row to the first.
	ReverseAnswers bool `json:"reverseAnswers"`
	// OmitRows are numbers whose rows are saved but not named in the answer.
	OmitRows []string `json:"omitRows"`
	// NoID are numbers whose rows are saved but named without Id.
	NoID []string `json:"noId"`
	// CallLimit answers MsgCode 14 to calls beyond Calls in each span of Seconds.
	CallLimit callLimit `json:"callLimit"`
	// MaxWriters answers MsgCode 13 when more writing calls are under way at once; 0 is any number.
	MaxWriters int `json:"maxWriters"`
	// Exceptions makes the next n calls answer response_error without being carried out.
	Exceptions int `json:"exceptions"`
	// BaseData adds base data, audited.
	BaseData []baseData `json:"baseData"`
}

type callLimit struct {
	Calls   int `json:"calls"`
	Seconds int `json:"seconds"`
}

type baseData struct {
	Form   string `json:"form"`
	Number string `json:"number"`
	Name   string `json:"name"`
}

func defaults() settings {
	return settings{
		Rules:             books.Defaults(),
		SessionTTLSeconds: 20 * 60, ReissueCookie: true, SessionLostForm: "byMethod",
		LockAfter: 5, LockMinutes: 30, LoginResult: 1, ConvertStatus: "object",
	}
}

// with gives the settings with one of them changed.
func (s settings) with(name string, value json.RawMessage) (settings, error) {
	var changed settings
	whole, err := json.Marshal(s)
	if err == nil {
		err = json.Unmarshal(whole, &changed)
	}
	if err != nil {
		return s, err
	}
	change, err := json.Marshal(map[string]json.RawMessage{name: value})
	if err != nil {
		return s, fmt.Errorf("the value of %s is not JSON: %w", name, err)
	}
	decoder := json.NewDecoder(bytes.NewReader(change))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&changed); err != nil {
		return s, fmt.Errorf("setting %s: %w", name, err)
	}
	if err := changed.check(); err != nil {
		return s, err
	}
	return changed, nil
}

func (s settings) check() error {
	switch {
	case s.SessionLostForm != "byMethod" && s.SessionLostForm != "object" && s.SessionLostForm != "nested":
		return fmt.Errorf("sessionLostForm is byMethod, object or nested, not %q", s.SessionLostForm)
	case s.LoginResult != 1 && s.LoginResult != -5:
		return fmt.Errorf("loginResult is 1 or -5, not %d", s.LoginResult)
	case s.ConvertStatus != "object" && s.ConvertStatus != "array":
		return fmt.Errorf("convertStatus is object or array, not %q", s.ConvertStatus)
	case s.SessionTTLSeconds < 1:
		return fmt.Errorf("sessionTTLSeconds is above zero")
	case s.CallLimit.Calls > 0 && s.CallLimit.Seconds < 1:
		return fmt.Errorf("callLimit needs seconds above zero")
	}
	return s.Check()
}
