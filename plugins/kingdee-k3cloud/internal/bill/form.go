// Package bill is how the vendor's business objects are asked for: what is known of a
// form, and the query made of a flow's parameters. It calls nobody.
//
// It may import sdk/connector, sdk/fault and sdk/item: never the connector's session.
package bill

import (
	"slices"
	"strings"
)

// Form is what the connector has to know of a business object: where its lines
// are, so that rows come in a stable order, and which fields are dates without time.
type Form struct {
	// Key and Number are the header's id and number fields; Key is "" when it is not known.
	Key, Number string
	// entry holds the lines, sub the finance sub-header.
	entry, sub string
	// Dates are fields without a time of day.
	Dates []string
	lines []string
}

// FormOf gives what is known of a form. Other bills are taken to have FID and
// FBillNo, as every bill does; other base data FNumber.
func FormOf(id string) Form {
	switch strings.ToUpper(id) {
	case "SAL_RETURNSTOCK":
		return Form{
			Key: "FID", Number: "FBillNo", entry: "FEntity", sub: "SubHeadEntity", Dates: []string{"FDate"},
			lines: strings.Fields("FMaterialId FRealQty FPrice FTaxPrice FIsFree FEntryTaxRate FReturnType FOwnerTypeId FOwnerId FStockId " +
				"FNote FAmount FAllAmount"),
		}
	case "SAL_OUTSTOCK":
		return Form{
			Key: "FID", Number: "FBillNo", entry: "FEntity", sub: "SubHeadEntity", Dates: []string{"FDate"},
			lines: strings.Fields("FCustMatID FMaterialID FBarcode FMustQty FRealQty FPrice FTaxPrice FIsFree FLot FProduceDate FExpiryDate " +
				"FEntryTaxRate FEntryTaxAmount FAmount FAllAmount FStockID FStockStatusID FMtoNo FEntrynote FSrcType FSrcBillNo FSoorDerno " +
				"FDiscountRate FDiscount FPriceDiscount FSOEntryId FB2CORDERDETAILID FThirdEntryId FETHIRDBILLID FETHIRDBILLNO FGYFINDate"),
		}
	case "BD_EMPINFO":
		return Form{
			Key: masterKey(id), Number: "FNumber", entry: "FPostEntity",
			lines: strings.Fields("FWorkOrgId FPostDept FPost FStaffStartDate FIsFirstPost"),
		}
	}
	if key := masterKey(id); key != "" {
		return Form{Key: key, Number: "FNumber"}
	}
	for _, prefix := range []string{"BD_", "ORG_", "BOS_", "SEC_", "HR_"} {
		if strings.HasPrefix(strings.ToUpper(id), prefix) {
			return Form{Number: "FNumber"}
		}
	}
	return Form{Key: "FID", Number: "FBillNo"}
}

// masterKey gives the id field of base data, "" where it is not known.
func masterKey(id string) string {
	return map[string]string{
		"BD_MATERIAL": "FMATERIALID", "BD_CUSTOMER": "FCUSTID", "BD_SUPPLIER": "FSupplierId", "BD_STOCK": "FStockId", "BD_UNIT": "FUNITID",
		"BD_DEPARTMENT": "FDEPTID", "BD_EMPINFO": "FID", "BD_CURRENCY": "FCURRENCYID", "BD_ACCOUNT": "FACCTID", "BD_EXPENSE": "FEXPID",
		"ORG_ORGANIZATIONS": "FOrgID", "CN_BANKACNT": "FBANKACNTID",
	}[strings.ToUpper(id)]
}

// OfLine tells whether a key such as FMaterialId.FNumber belongs to the lines.
func (f Form) OfLine(key string) bool {
	if f.entry == "" {
		return false
	}
	first, _, _ := strings.Cut(key, ".")
	return strings.HasPrefix(strings.ToUpper(first), strings.ToUpper(f.entry)+"_") ||
		slices.ContainsFunc(f.lines, func(l string) bool { return strings.EqualFold(l, first) })
}

// Container tells whether the first part of a mapped path holds fields rather
// than being one: the lines (many), or a sub-header (one). Forms that the
// connector does not know name theirs so that Entity or Entry is in the name.
func (f Form) Container(name string) (lines, holds bool) {
	switch upper := strings.ToUpper(name); {
	case strings.EqualFold(name, f.entry):
		return true, true
	case strings.EqualFold(name, f.sub), strings.HasPrefix(upper, "SUBHEAD"):
		return false, true
	case strings.Contains(upper, "ENTITY"), strings.Contains(upper, "ENTRY"):
		return true, true
	}
	return false, false
}
