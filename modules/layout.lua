--- Layouts and layout pointers, under the name that the seed gave them.
return require "pktcraft.layout"
