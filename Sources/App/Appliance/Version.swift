import Domain

/// The version of this build; the package's changelog names the same.
package let version = "0.1.0"

/// No clock that is right shows a time before this.
package let clockEarliest = Timestamp(CivilDate(daysSinceEpoch: 20_454), secondsOfDay: 0)
