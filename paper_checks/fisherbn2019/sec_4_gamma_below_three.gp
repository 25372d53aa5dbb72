# The border below which batch normalisation makes the largest eigenvalue smaller than the vanilla network's, against depth: as printed (orange), corrected with frozen statistics (black), and with gradients through the statistics
# (green). Points are finite networks; grey is the paper's 3.
set title sprintf("Where normalised networks are flatter, σ_w² = %s, σ_b² = %s", number("sigma_w2"), number("sigma_b2"))
set xlabel "layers L"
set ylabel "border γ_c"
set xrange [1.8:12.2]
set xtics 2
set yrange [0:*]
plot 3 with lines linestyle 8, \
     table using "L":(pick("printed", column("gamma"))) with lines linestyle 5 title "printed", \
     "" using "L":(pick("frozen", column("gamma"))) with lines linestyle 1 title "frozen", \
     "" using "L":(pick("live", column("gamma"))) with lines linestyle 4 title "live", \
     "" using "L":(pick("networks, frozen", column("gamma"))):"gamma_err" with yerrorbars linestyle 1 pointtype 7 pointsize 0.7, \
     "" using "L":(pick("networks, live", column("gamma"))):"gamma_err" with yerrorbars linestyle 4 pointtype 7 pointsize 0.7
