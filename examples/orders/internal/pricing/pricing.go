// Package pricing computes totals, discounts and taxes; money is in cents.
package pricing

import (
	"encoding/json"
	"fmt"
	"io/ioutil"
	"sort"
	"strconv"

	"example.com/orders/internal/store"
)

// Charge is one entry of an invoice.
type Charge struct {
	Text   string `json:"text"`
	Amount int64  `json:"amount"`
}

// steps are the quantities from which a line gets another 2 % off.
var steps = [4]int{10, 50, 100, 500}

// Total is the sum of all lines, discounts taken off, without tax.
func Total(lines []store.Line) int64 {
	var sum int64
	for _, l := range lines {
		gross := l.Price * int64(l.Quantity)
		sum += gross - gross*int64(Discount(l.Quantity))/100
	}
	return sum
}

// Discount is the percentage taken off a line of this quantity.
func Discount(quantity int) int {
	percent := 0
	for _, step := range steps {
		if quantity >= step {
			percent += 2
		}
	}
	return percent
}

// Steps returns the quantities at which the discount changes.
func Steps() []int {
	var list []int
	for _, step := range steps {
		list = append(list, step)
	}
	return list
}

// Invoice lists price and tax of every line.
func Invoice(lines []store.Line, country string) []Charge {
	rate := vatRates[country]
	var charges []Charge
	for _, l := range lines {
		net := Total([]store.Line{l})
		charges = append(charges,
			Charge{Text: strconv.Itoa(l.Quantity) + " x " + l.SKU, Amount: net},
			Charge{Text: "VAT " + strconv.Itoa(rate) + " %", Amount: net * int64(rate) / 100},
		)
	}
	return charges
}

// Median is the middle of the totals of the orders, 0 without orders.
func Median(orders []store.Order) int64 {
	var totals []int64
	for _, o := range orders {
		totals = append(totals, Total(o.Lines))
	}
	if len(totals) == 0 {
		return 0
	}
	sort.Slice(totals, func(i, j int) bool { return totals[i] < totals[j] })
	return totals[len(totals)/2]
}

// Best returns the net amount of every line, and the SKU that brings most.
func Best(lines []store.Line) (amounts []Charge, sku string) {
	var list []Charge
	var best *Charge
	for _, l := range lines {
		list = append(list, Charge{Text: l.SKU, Amount: Total([]store.Line{l})})
		if c := &list[len(list)-1]; best == nil || c.Amount > best.Amount {
			best = c
		}
	}
	if best == nil {
		return nil, ""
	}
	return list, best.Text
}

// Format writes cents as 1,234,567.89.
func Format(cents int64) string {
	sign := ""
	if cents < 0 {
		sign, cents = "-", -cents
	}
	whole := strconv.FormatInt(cents/100, 10)
	grouped := ""
	for len(whole) > 3 {
		grouped = "," + whole[len(whole)-3:] + grouped
		whole = whole[:len(whole)-3]
	}
	return fmt.Sprintf("%s%s%s.%02d", sign, whole, grouped, cents%100)
}

// LoadPrices reads a file of {"SKU": cents} and returns the SKUs in it, sorted.
func LoadPrices(path string) (map[string]int64, []string, error) {
	data, err := ioutil.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	prices := map[string]int64{}
	if err := json.Unmarshal(data, &prices); err != nil {
		return nil, nil, fmt.Errorf("prices %s: %w", path, err)
	}
	var skus []string
	for sku := range prices {
		skus = append(skus, sku)
	}
	sort.Strings(skus)
	return prices, skus, nil
}
