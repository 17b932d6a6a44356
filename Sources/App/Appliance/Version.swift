/// The version of this build; the package's changelog names the same.
package let version = "0.1.0"
