# By what the mean squared gradient of a site changes from a layer to the one below it, against the ratio of their numbers of sites, in single small networks without (vermilion) and with normalisation (blue). The line is proportional to the ratio of sites,
# with the factor $\sigma_w^2/2=1$ of infinite networks without normalisation.
set title "One layer down, single networks of 3 and 4 channels"
set xlabel "sites above / sites below"
set ylabel "mean square below / above"
set logscale xy
set key maxrows 1
plot x with lines linestyle 1 title "ratio of sites", \
     table using "sites":(pick("vanilla", column("square"))) with points linestyle 2 pointsize 0.8 title "vanilla", \
     "" using "sites":(pick("normalised", column("square"))) with points linestyle 3 pointtype 7 pointsize 0.8 title "normalised"
