package main

import (
	"slices"
	"strings"
)

// form is what the connector has to know of a business object: where its lines
// are, so that rows come in a stable order, and which fields are dates without time.
type form struct {
	// key and number are the header's id and number fields; key is "" when it is not known.
	key, number string
	// entry holds the lines, sub the finance sub-header.
	entry, sub string
	dates      []string
	lines      []string
}

// formOf gives what is known of a form. Other bills are taken to have FID and
// FBillNo, as every bill does; other base data FNumber.
func formOf(id string) form {
	switch strings.ToUpper(id) {
	case "SAL_RETURNSTOCK":
		return form{
			key: "FID", number: "FBillNo", entry: "FEntity", sub: "SubHeadEntity", dates: []string{"FDate"},
			lines: strings.Fields("FMaterialId FRealQty FPrice FTaxPrice FIsFree FEntryTaxRate FReturnType FOwnerTypeId FOwnerId FStockId " +
				"FNote FAmount FAllAmount"),
		}
	case "SAL_OUTSTOCK":
		return form{
			key: "FID", number: "FBillNo", entry: "FEntity", sub: "SubHeadEntity", dates: []string{"FDate"},
			lines: strings.Fields("FCustMatID FMaterialID FBarcode FMustQty FRealQty FPrice FTaxPrice FIsFree FLot FProduceDate FExpiryDate " +
				"FEntryTaxRate FEntryTaxAmount FAmount FAllAmount FStockID FStockStatusID FMtoNo FEntrynote FSrcType FSrcBillNo FSoorDerno " +
				"FDiscountRate FDiscount FPriceDiscount FSOEntryId FB2CORDERDETAILID FThirdEntryId FETHIRDBILLID FETHIRDBILLNO FGYFINDate"),
		}
	case "BD_MATERIAL":
		return form{key: "FMATERIALID", number: "FNumber"}
	case "BD_CUSTOMER":
		return form{key: "FCUSTID", number: "FNumber"}
	case "BD_STOCK":
		return form{key: "FStockId", number: "FNumber"}
	case "ORG_ORGANIZATIONS":
		return form{key: "FOrgID", number: "FNumber"}
	case "CN_BANKACNT":
		return form{key: "FBANKACNTID", number: "FNumber"}
	case "BD_CURRENCY":
		return form{key: "FCURRENCYID", number: "FNumber"}
	}
	for _, prefix := range []string{"BD_", "ORG_", "BOS_", "SEC_", "HR_"} {
		if strings.HasPrefix(strings.ToUpper(id), prefix) {
			return form{number: "FNumber"}
		}
	}
	return form{key: "FID", number: "FBillNo"}
}

// ofLine tells whether a key such as FMaterialId.FNumber belongs to the lines.
func (f form) ofLine(key string) bool {
	if f.entry == "" {
		return false
	}
	first, _, _ := strings.Cut(key, ".")
	return strings.HasPrefix(strings.ToUpper(first), strings.ToUpper(f.entry)+"_") ||
		slices.ContainsFunc(f.lines, func(l string) bool { return strings.EqualFold(l, first) })
}

// container tells whether the first part of a mapped path holds fields rather
// than being one: the lines (many), or a sub-header (one). Forms that the
// connector does not know name theirs so that Entity or Entry is in the name.
func (f form) container(name string) (lines, holds bool) {
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
