package sandbox

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/karezflow/karez/plugins/internal/jsterp"
	"github.com/karezflow/karez/plugins/internal/jsttable"
	"github.com/karezflow/karez/sdk/sandboxkit"
)

// Options are the sandbox's settings. Where the vendor's behaviour is not
// documented it is a setting; Defaults says what is assumed. All but Seed and
// Refunds can be changed while it runs, under their JSON names.
type Options struct {
	// Seed and Refunds decide the data: the same give the same bytes. Fewer than 400 refunds become 400.
	Seed    uint64 `json:"-"`
	Refunds int    `json:"-"`

	// PerSecond and PerMinute are the calls allowed; 0 allows any number. LimitScope
	// is "operation" (app key and interface) or "app". The numbers are documented, the scope is not.
	PerSecond  int    `json:"perSecond"`
	PerMinute  int    `json:"perMinute"`
	LimitScope string `json:"limitScope"`
	// ClockSeconds is how far a timestamp may be off. The handbook says 600, an error text 900.
	ClockSeconds int `json:"clockSeconds"`
	// TokenSeconds is the life of an access token.
	TokenSeconds int `json:"tokenSeconds"`
	// RotateRefresh makes a refresh token die when it is used; without it answers carry no new one.
	RotateRefresh bool `json:"rotateRefresh"`
	// OldTokensDie makes older access tokens die when a new one is issued (not documented).
	OldTokensDie bool `json:"oldTokensDie"`
	// ISV makes the application a service provider's: no silent token, and refreshing is refused with 150.
	ISV bool `json:"isv"`
	// StartTSAlone lets start_ts select rows without a window or numbers (not documented).
	StartTSAlone bool `json:"startTsAlone"`
	// Churn modifies refunds while they are being paged.
	Churn Churn `json:"churn"`
	// DuplicateExternal is what a second upload of an external_id gets (not documented):
	// "refuse", or "same", the document that is there.
	DuplicateExternal string `json:"duplicateExternal"`
	// UploadRows is the most documents of one upload (assumed).
	UploadRows int `json:"uploadRows"`
	// Codes are the numbers of the refusals.
	Codes Codes `json:"codes"`
}

// Churn modifies refunds while they are being paged.
type Churn = jsterp.Churn

// Codes are the vendor's numbers. Documented: Sign, Token, Timestamp, Refresh,
// Permission, Second, Minute. The rest are seen in public clients or assumed.
type Codes struct {
	Sign       int `json:"sign"`
	Token      int `json:"token"`
	Timestamp  int `json:"timestamp"`
	Refresh    int `json:"refresh"`
	Permission int `json:"permission"`
	Second     int `json:"second"`
	Minute     int `json:"minute"`

	// Request is a wrong method, content type or form.
	Request int `json:"request"`
	// Common is a missing common field, CommonValue a wrong charset or version.
	Common      int `json:"common"`
	CommonValue int `json:"commonValue"`
	// App is an unknown app_key.
	App int `json:"app"`
	// Missing is a missing business parameter, Invalid one that fails validation, Value one of a wrong type.
	Missing int `json:"missing"`
	Invalid int `json:"invalid"`
	Value   int `json:"value"`
}

type refusalKind int

const (
	badSign refusalKind = iota
	badToken
	badTimestamp
	noRefresh
	noPermission
	tooManyPerSecond
	tooManyPerMinute
	badRequest
	missingCommon
	badCommon
	unknownApp
	missingParam
	invalidParam
	wrongValue
)

func (c Codes) of(kind refusalKind) int {
	return [...]int{
		badSign: c.Sign, badToken: c.Token, badTimestamp: c.Timestamp, noRefresh: c.Refresh, noPermission: c.Permission,
		tooManyPerSecond: c.Second, tooManyPerMinute: c.Minute, badRequest: c.Request, missingCommon: c.Common,
		badCommon: c.CommonValue, unknownApp: c.App, missingParam: c.Missing, invalidParam: c.Invalid, wrongValue: c.Value,
	}[kind]
}

// refusal is the vendor's no.
type refusal struct {
	kind    refusalKind
	message string
}

func refuse(kind refusalKind, message string) *refusal { return &refusal{kind, message} }

// refused gives the platform's refusal for the ERP's.
func refused(no *jsttable.Refusal) *refusal {
	if no == nil {
		return nil
	}
	kind := map[jsttable.Reason]refusalKind{
		jsttable.Missing: missingParam, jsttable.Invalid: invalidParam, jsttable.Value: wrongValue, jsttable.Unknown: noPermission,
	}[no.Reason]
	return refuse(kind, no.Message)
}

// Defaults are the documented limits and the assumed rest, with nothing changing while it is read.
func Defaults() Options {
	return Options{
		Seed: 1, Refunds: 1000,
		PerSecond: 5, PerMinute: 100, LimitScope: "operation",
		ClockSeconds: 600, TokenSeconds: 30 * 24 * 60 * 60, RotateRefresh: true, StartTSAlone: true,
		Churn: Churn{Pick: "served"}, DuplicateExternal: "refuse", UploadRows: 50,
		Codes: Codes{
			Sign: 10, Token: 100, Timestamp: 140, Refresh: 150, Permission: 190, Second: 199, Minute: 200,
			Request: -4, Common: 10015, CommonValue: 170, App: 10, Missing: 130, Invalid: 170, Value: -4,
		},
	}
}

// Demo is Defaults with a few refunds modified by their shop while the first pages are read.
func Demo() Options {
	o := Defaults()
	o.Churn = Churn{Every: 4, Rows: 1, Total: 3, Pick: "served"}
	return o
}

// Set implements sandboxkit.Vendor: every option under its JSON name, and the
// one-time actions expireTokens (all access tokens end now), revokeRefresh
// (all refresh tokens are refused from now on) and touch (somebody changes an object of the named type now).
func (v *Vendor) Set(name string, value json.RawMessage) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case name == "expireTokens" && string(value) == "true":
		for token := range v.tokens.access {
			v.tokens.access[token] = time.Time{}
		}
		return nil
	case name == "revokeRefresh" && string(value) == "true":
		clear(v.tokens.refresh)
		return nil
	case name == "touch":
		return touch(v.erp, value)
	}
	changed, err := sandboxkit.With(v.o, name, value)
	if err != nil {
		return err
	}
	if changed.LimitScope != "operation" && changed.LimitScope != "app" {
		return fmt.Errorf("limitScope is operation or app, not %q", changed.LimitScope)
	}
	if changed.Churn.Pick != "served" && changed.Churn.Pick != "ahead" {
		return fmt.Errorf("churn.pick is served or ahead, not %q", changed.Churn.Pick)
	}
	if changed.DuplicateExternal != "refuse" && changed.DuplicateExternal != "same" {
		return fmt.Errorf("duplicateExternal is refuse or same, not %q", changed.DuplicateExternal)
	}
	v.o = changed
	return nil
}

func touch(erp *jsterp.ERP, value json.RawMessage) error {
	var kind string
	if err := json.Unmarshal(value, &kind); err != nil || !erp.Touch(kind) {
		return fmt.Errorf("touch names a type that has objects of the week before the start, not %s", value)
	}
	return nil
}
