package forms

import "strings"

// Rule is a conversion rule (单据转换规则): how bills of one form are made of bills of
// another. The rules of the real server are drawn by its customers; these stand for them.
type Rule struct {
	ID, Source, Target string
	// Default is taken where the call asks for the default rule.
	Default bool
	// Org is the target's field that takes the organisation of the call.
	Org string
	// Head and Lines are the target's fields by the source's.
	Head, Lines map[string]string
	// Type and Number are the target's line fields that take the source's form and number.
	Type, Number string
}

// Rules gives every conversion rule.
func Rules() []Rule {
	pay := Rule{
		ID: "994f9913-a23f-46fb-b5d9-f1f271b4ef6c", Source: "CN_PAYAPPLY", Target: "AP_PAYBILL", Org: "FPAYORGID",
		Head:  map[string]string{"FDATE": "FDATE", "FPAYORGID": "FPAYORGID", "FCURRENCYID": "FCURRENCYID", "FRECTUNIT": "FRECTUNIT", "FDescription": "FREMARK"},
		Lines: map[string]string{"FAPPLYAMOUNTFOR": "FPAYTOTALAMOUNTFOR"},
		Type:  "FSOURCETYPE", Number: "FSRCBILLNO",
	}
	standard := pay
	standard.ID, standard.Default = "CN_PAYAPPLY-AP_PAYBILL", true
	return []Rule{pay, standard}
}

// RuleOf finds the rule with an id between two forms, or with no id their default one; target
// "" is any.
func RuleOf(source, target, id string) (Rule, bool) {
	for _, r := range Rules() {
		fits := strings.EqualFold(r.Source, source) && (target == "" || strings.EqualFold(r.Target, target))
		if fits && (id == "" && r.Default || id != "" && strings.EqualFold(r.ID, id)) {
			return r, true
		}
	}
	return Rule{}, false
}
