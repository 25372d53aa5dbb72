# Entries of the second layer's covariance in dense networks (vertical, one standard error) against the map applied to the map's own result (horizontal), from
# inputs of different sizes.
set title sprintf("%s, B = %s, width %s", setting("phi"), setting("B"), setting("N"))
set xlabel "map of the map"
set ylabel "networks, second layer"
@tight
plot x with lines linestyle 8, \
     table using (column("i") == column("j") ? column("map") : NaN):"network":"network_err" with yerrorbars linestyle 3 pointtype 7 pointsize 0.8 title "one sample", \
     "" using (column("i") != column("j") ? column("map") : NaN):"network":"network_err" with yerrorbars linestyle 2 pointsize 0.8 title "two samples"
