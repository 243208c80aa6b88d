// Package promise lets Go wait for what JavaScript promises. It is for the drivers
// of the browser: all of it is built for js alone.
package promise
