# Entries of the Jacobian of one layer, times $\mu$, from differences of the map at several $\mu I+\nu11^T$ and batch sizes: $T_{11|11}$ (black), $T_{11|22}$ (red), $T_{11|12}$ (blue), $T_{12|12}$ (green).
# Every entry of the matrix is one of a few such numbers.
set title "Jacobian by differences"
set ylabel "μ T"
set xrange [-0.5:5.5]
set xtics rotate by -20
unset grid
plot 0 with lines linestyle 8, \
     table using 0:"T_11_11":xtic(sprintf("%s, B = %d", strcol(1), column("B"))) with points linestyle 1 pointtype 7 title "11|11", \
     "" using 0:"T_11_22" with points linestyle 2 pointtype 7 pointsize 1 title "11|22", \
     "" using 0:"T_11_12" with points linestyle 3 pointtype 7 title "11|12", \
     "" using 0:"T_12_12" with points linestyle 4 pointtype 7 pointsize 1 title "12|12"
