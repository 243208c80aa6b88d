// Package deploytest renders and lints what is in deploy, none of which can be run
// where the tests run: the chart by Helm's own engine, the rest by the tools and
// formats that read it.
package deploytest
