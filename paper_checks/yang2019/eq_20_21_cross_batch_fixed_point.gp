# Where several batches settle, for each activation and number of batches tried: the diagonal, the entries within a batch, and those across batches with the closed form (circles).
set title "Covariances of several batches at the fixed point"
set ylabel "covariance"
set xrange [-0.5:3.5]
set xtics ("relu, k = 2" 0, "relu, k = 3" 1, "id, k = 2" 2, setting("phi").", k = 2" 3)
set yrange [-0.5:1.2]
set zeroaxis
plot table using (column(0)):"diagonal" every 1 with points linetype 1 pointsize 1 title "diagonal", \
     "" using (column(0)):"within" with points linetype 3 pointsize 1 title "within a batch", \
     "" using (column(0)):"across" with points linetype 2 pointsize 1 title "across batches", \
     "" using (column(0)):"across_closed" with points linetype 8 pointtype 6 pointsize 1.6 title "closed form"
