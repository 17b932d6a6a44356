// The MQTT client of the system (Debian: libmosquitto-dev).
#include <mosquitto.h>
#include <mqtt_protocol.h>
