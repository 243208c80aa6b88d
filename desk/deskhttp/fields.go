package deskhttp

import (
	"errors"
	"reflect"
	"strconv"
	"strings"
)

var errField = errors.New("deskhttp: a field that isn't one")

// setFields sets the fields of the struct that into points to by their JSON names:
// strings, numbers and truth values. A name that the struct doesn't have is
// errField.
func setFields(into any, fields map[string]string) error {
	v := reflect.ValueOf(into).Elem()
	for name, text := range fields {
		f := fieldOf(v, name)
		if !f.IsValid() {
			return errField
		}
		if err := setField(f, text); err != nil {
			return err
		}
	}
	return nil
}

func fieldOf(v reflect.Value, name string) reflect.Value {
	t := v.Type()
	for i := range t.NumField() {
		tag, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if tag == name {
			return v.Field(i)
		}
	}
	return reflect.Value{}
}

func setField(f reflect.Value, text string) error {
	switch f.Kind() {
	case reflect.String:
		f.SetString(text)
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return errField
		}
		f.SetBool(b)
	case reflect.Int, reflect.Int64:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return errField
		}
		f.SetInt(n)
	default:
		return errField
	}
	return nil
}
